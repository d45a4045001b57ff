//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// The webhook service: accepts events durably, fans them out, signs, delivers, retries, and logs.
#[derive(Debug, Parser)]
#[command(name = "hookwire", version, about, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// Configuration file (default: `hookwire.toml` in the current folder, if there is one)
    #[arg(long, short, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server
    Serve(Serve),
    /// Run the server with a sample receiver beside it, and print a curl line to try
    Dev(Serve),
    /// Make access tokens
    #[command(subcommand)]
    Jwt(Jwt),
    /// Make keys and secrets
    #[command(subcommand)]
    Key(Key),
    /// Bring the store's tables up to date, without starting the server
    ///
    /// The store is the one that `store.url` names. `serve` does the same when it starts, unless `store.migrate` is off;
    /// then run this before the first node of a new version starts.
    Migrate(OnStore),
    /// Move everything from a file into an empty database
    ///
    /// The database must be empty, and no server may be at work on either side. A copy that broke off is resumed by the
    /// same command, as long as the file was not served meanwhile; until it is complete no server starts on the database.
    Copy(Copy),
    /// Show or check the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Show or check profiles: the rules and event types that an organization can choose
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Ask a running server whether it is ready (exit status 0 = yes)
    Healthcheck {
        /// Where it listens, as host:port (default: the configured `server.listen`)
        #[arg(value_name = "ADDRESS")]
        address: Option<String>,
    },
    /// Check this machine and the configuration, and say what to mend
    Doctor(OnStore),
    /// Print the API's OpenAPI document
    Openapi,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Listen here instead of the configured `server.listen`
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) listen: Option<String>,
    /// Keep everything here instead of the configured `store.url`
    #[arg(long, value_name = "PATH or postgres://…")]
    pub(crate) store: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct OnStore {
    /// Use this store instead of the configured `store.url`
    #[arg(long, value_name = "PATH or postgres://…")]
    pub(crate) store: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Copy {
    /// The file, which no server may have open; it is only read
    #[arg(long, value_name = "PATH")]
    pub(crate) from: String,
    /// The database, empty or with the part that an earlier run left: postgres://user:password@host:port/database
    #[arg(long, value_name = "URL")]
    pub(crate) to: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Jwt {
    /// Print an organization's token, alone, on standard output
    Generate {
        /// The organization (`org_…`)
        #[arg(value_name = "ORG_ID", default_value = hookwire_api::token::DEFAULT_ORG)]
        org: String,
    },
    /// Print the token of a user of your product: for registering OAuth apps and consenting to them
    User {
        /// The user, as your product names it
        #[arg(value_name = "USER_ID")]
        user: String,
        /// An application that the user administers, by id or uid; can be given several times
        #[arg(long = "app", value_name = "APP", required = true)]
        apps: Vec<String>,
        /// The organization (`org_…`)
        #[arg(long, value_name = "ORG_ID", default_value = hookwire_api::token::DEFAULT_ORG)]
        org: String,
        /// How long the token counts, in minutes; at most a day
        #[arg(long, value_name = "MINUTES", default_value_t = 15)]
        minutes: u32,
    },
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Key {
    /// Print a random secret, for `auth.jwt_secret` or `auth.main_secret`
    Generate,
    /// Print an Ed25519 key pair for an endpoint's `v1a` signatures: the secret (`whsk_…`), then the public key
    Ed25519,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Check the configuration and print what is in effect, with secrets masked
    Check,
    /// Print every key with its default and what it means
    Default,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProfileCommand {
    /// List the profiles that this server knows
    List,
    /// Print a profile: what it sets, and its event types
    Show {
        /// Its name
        name: String,
    },
    /// Check profile files, and say what is wrong with file and line (exit status 0 = nothing)
    Check {
        /// TOML files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}
