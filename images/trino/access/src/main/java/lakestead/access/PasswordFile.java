package lakestead.access;

import at.favre.lib.crypto.bcrypt.BCrypt;
import io.trino.spi.security.AccessDeniedException;
import io.trino.spi.security.BasicPrincipal;
import io.trino.spi.security.PasswordAuthenticator;
import io.trino.spi.security.PasswordAuthenticatorFactory;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.Principal;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Users of a file: a name and a bcrypt hash a line, as `htpasswd -B` writes it.
 * https://trino.io/docs/current/security/password-file.html
 *
 * A file that changes is read again at the next request.
 */
final class PasswordFile
        implements PasswordAuthenticator
{
    static final class Factory
            implements PasswordAuthenticatorFactory
    {
        @Override
        public String getName()
        {
            return "file";
        }

        @Override
        public PasswordAuthenticator create(Map<String, String> properties)
        {
            Properties read = new Properties(properties, Set.of("file.password-file", "file.refresh-period"));
            return new PasswordFile(Path.of(read.required("file.password-file")));
        }
    }

    private static final int LEAST_COST = 8;
    private static final int REMEMBERED = 1000;

    /** Bytes of a password that bcrypt looks at; longer ones have no hash. */
    private static final int LONGEST = 72;

    /** What an unknown user's password is compared with, so that the answer takes as long. */
    private static final String NOBODY = BCrypt.withDefaults().hashToString(10, "nobody".toCharArray());

    private record Content(FileTime changed, Map<String, String> hashes, Set<String> right) {}

    private final Path file;
    private volatile Content content;

    PasswordFile(Path file)
    {
        this.file = file;
        this.content = read();
    }

    @Override
    public Principal createAuthenticatedPrincipal(String user, String password)
    {
        Content now = current();
        String hash = now.hashes().getOrDefault(user, NOBODY);
        String known = digest(user, password, hash);
        if (!now.right().contains(known)) {
            boolean right = password.getBytes(StandardCharsets.UTF_8).length <= LONGEST
                    && BCrypt.verifyer().verify(password.toCharArray(), hash).verified;
            if (!right || !now.hashes().containsKey(user)) {
                throw new AccessDeniedException("Invalid credentials");
            }
            // A client sends its password with every request, and a hash takes a long time by design.
            if (now.right().size() >= REMEMBERED) {
                now.right().clear();
            }
            now.right().add(known);
        }
        return new BasicPrincipal(user);
    }

    private Content current()
    {
        try {
            if (!Files.getLastModifiedTime(file).equals(content.changed())) {
                content = read();
            }
        }
        catch (IOException | IllegalArgumentException e) {
            // While it is being written over, what was in it holds.
            System.getLogger(PasswordFile.class.getName())
                    .log(System.Logger.Level.ERROR, "%s cannot be read: %s".formatted(file, e.getMessage()));
        }
        return content;
    }

    private Content read()
    {
        Map<String, String> hashes = new HashMap<>();
        try {
            FileTime changed = Files.getLastModifiedTime(file);
            int number = 0;
            for (String line : Files.readAllLines(file)) {
                number++;
                if (line.isBlank()) {
                    continue;
                }
                int colon = line.indexOf(':');
                String hash = line.substring(colon + 1).strip();
                if (colon < 1 || !hash.matches("\\$2[aby]\\$[0-9]{2}\\$[./A-Za-z0-9]{53}")) {
                    throw new IllegalArgumentException("line %d is no USER:HASH with a hash of bcrypt".formatted(number));
                }
                if (Integer.parseInt(hash.substring(4, 6)) < LEAST_COST) {
                    throw new IllegalArgumentException("line %d: a hash of bcrypt must have a cost of %d at least".formatted(number, LEAST_COST));
                }
                if (hashes.put(line.substring(0, colon), hash) != null) {
                    throw new IllegalArgumentException("line %d: this user has a line already".formatted(number));
                }
            }
            return new Content(changed, Map.copyOf(hashes), ConcurrentHashMap.newKeySet());
        }
        catch (IOException e) {
            throw new IllegalArgumentException("%s cannot be read: %s".formatted(file, e.getMessage()));
        }
    }

    private static String digest(String... parts)
    {
        try {
            byte[] text = String.join("\0", parts).getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
        }
        catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
