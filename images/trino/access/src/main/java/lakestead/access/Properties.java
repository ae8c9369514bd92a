package lakestead.access;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Properties of a file, none of which may be unknown. */
record Properties(Map<String, String> values, Set<String> known)
{
    Properties
    {
        Set<String> unknown = new TreeSet<>(values.keySet());
        unknown.removeAll(known);
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("not known: %s; known: %s".formatted(
                    String.join(", ", unknown), String.join(", ", new TreeSet<>(known))));
        }
    }

    String required(String name)
    {
        String value = values.get(name);
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException("%s is missing".formatted(name));
        }
        return value;
    }
}
