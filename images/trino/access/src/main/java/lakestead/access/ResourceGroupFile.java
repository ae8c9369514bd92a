package lakestead.access;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.trino.spi.resourcegroups.ResourceGroup;
import io.trino.spi.resourcegroups.ResourceGroupConfigurationManager;
import io.trino.spi.resourcegroups.ResourceGroupConfigurationManagerContext;
import io.trino.spi.resourcegroups.ResourceGroupConfigurationManagerFactory;
import io.trino.spi.resourcegroups.ResourceGroupId;
import io.trino.spi.resourcegroups.SchedulingPolicy;
import io.trino.spi.resourcegroups.SelectionContext;
import io.trino.spi.resourcegroups.SelectionCriteria;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Resource groups of a file: https://trino.io/docs/current/admin/resource-groups.html
 *
 * Of its keys: name, softMemoryLimit in percent, soft- and hardConcurrencyLimit, maxQueued,
 * schedulingPolicy, schedulingWeight, jmxExport, subGroups; user and source of selectors; ${USER} and
 * ${SOURCE} in names. Any other is refused. The file is read once, when the coordinator starts.
 */
final class ResourceGroupFile
        implements ResourceGroupConfigurationManager<Map<String, String>>
{
    static final class Factory
            implements ResourceGroupConfigurationManagerFactory
    {
        @Override
        public String getName()
        {
            return "file";
        }

        @Override
        public ResourceGroupConfigurationManager<?> create(Map<String, String> properties, ResourceGroupConfigurationManagerContext context)
        {
            Properties read = new Properties(properties, Set.of("resource-groups.config-file"));
            Path file = Path.of(read.required("resource-groups.config-file"));
            try {
                ResourceGroupFile groups = new ResourceGroupFile(new ObjectMapper().readValue(file.toFile(), Described.class));
                context.getMemoryPoolManager().addChangeListener(pool -> groups.share(pool.getMaxBytes()));
                return groups;
            }
            catch (JacksonException e) {
                throw new IllegalArgumentException("%s: %s".formatted(file, e.getOriginalMessage()));
            }
            catch (IOException e) {
                throw new IllegalArgumentException("%s cannot be read: %s".formatted(file, e.getMessage()));
            }
        }
    }

    record Described(List<Group> rootGroups, List<Selector> selectors) {}

    record Group(
            String name,
            String softMemoryLimit,
            Integer softConcurrencyLimit,
            Integer hardConcurrencyLimit,
            Integer maxQueued,
            String schedulingPolicy,
            Integer schedulingWeight,
            Boolean jmxExport,
            List<Group> subGroups)
    {
        Group
        {
            if (name == null || hardConcurrencyLimit == null || maxQueued == null) {
                throw new IllegalArgumentException("a group needs name, hardConcurrencyLimit and maxQueued");
            }
            if (softMemoryLimit != null && !softMemoryLimit.matches("[0-9]+(\\.[0-9]+)?%")) {
                throw new IllegalArgumentException("softMemoryLimit of %s is no share in percent: %s".formatted(name, softMemoryLimit));
            }
            subGroups = subGroups == null ? List.of() : List.copyOf(subGroups);
        }
    }

    record Selector(String user, String source, String group)
    {
        Selector
        {
            if (group == null) {
                throw new IllegalArgumentException("a selector needs a group");
            }
        }

        boolean matches(SelectionCriteria criteria)
        {
            return (user == null || Pattern.matches(user, criteria.getUser()))
                    && (source == null || Pattern.matches(source, criteria.getSource().orElse("")));
        }
    }

    private final Described described;

    // Groups with a share of the memory; it changes as workers come and go.
    private final Map<ResourceGroup, Double> shares = new HashMap<>();
    private long memory;

    ResourceGroupFile(Described described)
    {
        if (described.rootGroups() == null || described.selectors() == null) {
            throw new IllegalArgumentException("rootGroups and selectors are needed");
        }
        this.described = described;
        described.selectors().forEach(selector -> group(List.of(selector.group().split("\\."))));
    }

    @Override
    public Optional<SelectionContext<Map<String, String>>> match(SelectionCriteria criteria)
    {
        Map<String, String> variables = Map.of(
                "${USER}", criteria.getUser(),
                "${SOURCE}", criteria.getSource().orElse(""));
        return described.selectors().stream()
                .filter(selector -> selector.matches(criteria))
                .findFirst()
                .map(selector -> new SelectionContext<>(
                        new ResourceGroupId(names(selector.group(), variables)),
                        Map.of("template", selector.group())));
    }

    @Override
    public void configure(ResourceGroup group, SelectionContext<Map<String, String>> context)
    {
        List<String> template = List.of(context.getContext().get("template").split("\\."));
        Group found = group(template.subList(0, group.getId().getSegments().size()));
        group.setHardConcurrencyLimit(found.hardConcurrencyLimit());
        group.setSoftConcurrencyLimit(found.softConcurrencyLimit() == null ? found.hardConcurrencyLimit() : found.softConcurrencyLimit());
        group.setMaxQueuedQueries(found.maxQueued());
        if (found.schedulingPolicy() != null) {
            group.setSchedulingPolicy(SchedulingPolicy.valueOf(found.schedulingPolicy().toUpperCase(Locale.ROOT)));
        }
        if (found.schedulingWeight() != null) {
            group.setSchedulingWeight(found.schedulingWeight());
        }
        group.setJmxExport(Boolean.TRUE.equals(found.jmxExport()));
        if (found.softMemoryLimit() == null) {
            group.setSoftMemoryLimitBytes(Long.MAX_VALUE);
            return;
        }
        synchronized (this) {
            String percent = found.softMemoryLimit();
            shares.put(group, Double.parseDouble(percent.substring(0, percent.length() - 1)) / 100);
            limit(group);
        }
    }

    @Override
    public SelectionContext<Map<String, String>> parentGroupContext(SelectionContext<Map<String, String>> context)
    {
        ResourceGroupId parent = context.getResourceGroupId().getParent().orElseThrow();
        return new SelectionContext<>(parent, context.getContext());
    }

    @Override
    public void shutdown() {}

    private synchronized void share(long bytes)
    {
        memory = bytes;
        shares.keySet().forEach(this::limit);
    }

    private void limit(ResourceGroup group)
    {
        // Before the first worker is there nothing can be shared out, and nothing runs.
        group.setSoftMemoryLimitBytes(memory == 0 ? Long.MAX_VALUE : (long) (memory * shares.get(group)));
    }

    private Group group(List<String> names)
    {
        Group found = null;
        List<Group> among = described.rootGroups();
        for (String name : names) {
            found = among.stream().filter(group -> group.name().equals(name)).findFirst().orElseThrow(() ->
                    new IllegalArgumentException("a selector names the group %s, which is not there".formatted(String.join(".", names))));
            among = found.subGroups();
        }
        return found;
    }

    private static List<String> names(String template, Map<String, String> variables)
    {
        List<String> names = new ArrayList<>();
        for (String part : template.split("\\.")) {
            for (Map.Entry<String, String> variable : variables.entrySet()) {
                part = part.replace(variable.getKey(), variable.getValue());
            }
            names.add(part);
        }
        return names;
    }
}
