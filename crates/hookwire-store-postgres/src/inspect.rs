//! What can be said about a database without becoming one of its nodes.

use std::time::{Duration, Instant};

use hookwire_store::Vault;

use crate::connection::{Link, Place, params};
use crate::fault::Done;
use crate::import;
use crate::keeper::{self, Node};
use crate::migrate as schema;
use crate::open::{self, OpenError};
use crate::row::get;
use crate::sql::node as sql;

/// Round trips that are timed.
const ROUNDS: u32 = 10;
const IS_READ_ONLY: &str = "SELECT current_setting('transaction_read_only') = 'on'";
/// The schema that tables are made in, and whether this role may make some there.
const PLACE_OF_TABLES: &str =
    "SELECT current_schema()::text, has_schema_privilege(current_schema(), 'CREATE')";

/// Why nodes would refuse a database, or soon fail on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It can only be read.
    ReadOnly,
    /// There is no schema that tables could be made in.
    NoSchema,
    /// The role may not make tables in this schema, which partitions need every day.
    NoTables(String),
    /// An installation is being moved into it, or a move was broken off.
    Unfinished,
}

/// A database as it was found. Nothing was changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// The server's version, for people.
    pub server: String,
    /// Its schema; 0 = it is empty.
    pub schema: u32,
    /// How long a statement of no consequence takes.
    pub round_trip: Duration,
    /// The nodes that live.
    pub nodes: Vec<Node>,
    /// What keeps nodes from it.
    pub troubles: Vec<Trouble>,
}

/// Looks at the database at `url`, which must be under this main secret.
pub async fn inspect(url: &str, vault: &Vault) -> Result<Inspection, OpenError> {
    let place = Place::parse(url, false)?;
    let (link, _) = Link::connect(&place).await?;
    open::check_server(&link).await?;
    let schema = schema::check(&link).await?;
    let nodes = if schema > 0 {
        open::check_secret(&link, vault).await?;
        keeper::nodes_of(&link).await?
    } else {
        Vec::new()
    };
    let troubles = troubles(&link, schema).await?;
    let server = version(&link).await?;
    let began = Instant::now();
    for _ in 0..ROUNDS {
        link.one(sql::SERVER_VERSION, params![]).await?;
    }
    Ok(Inspection { server, schema, round_trip: began.elapsed() / ROUNDS, nodes, troubles })
}

async fn troubles(link: &Link, schema: u32) -> Result<Vec<Trouble>, OpenError> {
    let mut troubles = Vec::new();
    if let Some(row) = link.one(IS_READ_ONLY, params![]).await?
        && get(&row, 0)?
    {
        troubles.push(Trouble::ReadOnly);
    }
    if let Some(row) = link.one(PLACE_OF_TABLES, params![]).await? {
        match (get::<Option<String>>(&row, 0)?, get::<Option<bool>>(&row, 1)?) {
            (None, _) => troubles.push(Trouble::NoSchema),
            (Some(name), Some(false)) => troubles.push(Trouble::NoTables(name)),
            (Some(_), _) => {}
        }
    }
    if schema > 0 {
        match import::check_finished(link).await {
            Err(OpenError::Unfinished) => troubles.push(Trouble::Unfinished),
            other => other?,
        }
    }
    Ok(troubles)
}

async fn version(link: &Link) -> Done<String> {
    let row = link.one(sql::SERVER_VERSION_TEXT, params![]).await?;
    row.map_or(Ok(String::new()), |row| get(&row, 0))
}
