package lakestead;

import io.trino.server.Server;

/** Starts the server; Trino's own class of this name is in a module that is not published. */
public final class TrinoServer
        extends Server
{
    public static void main(String[] args)
    {
        new TrinoServer().start(System.getProperty("trino.version"));
    }
}
