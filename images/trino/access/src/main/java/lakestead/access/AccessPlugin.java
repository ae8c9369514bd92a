package lakestead.access;

import io.trino.spi.Plugin;
import io.trino.spi.resourcegroups.ResourceGroupConfigurationManagerFactory;
import io.trino.spi.security.PasswordAuthenticatorFactory;

import java.util.List;

/** Users by a file of passwords, and resource groups by a file. */
public final class AccessPlugin
        implements Plugin
{
    @Override
    public Iterable<PasswordAuthenticatorFactory> getPasswordAuthenticatorFactories()
    {
        return List.of(new PasswordFile.Factory());
    }

    @Override
    public Iterable<ResourceGroupConfigurationManagerFactory> getResourceGroupConfigurationManagerFactories()
    {
        return List.of(new ResourceGroupFile.Factory());
    }
}
