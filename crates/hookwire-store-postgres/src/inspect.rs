//! What can be said about a database without becoming one of its nodes.

use std::time::{Duration, Instant};

use hookwire_store::Vault;

use crate::address;
use crate::connection::{Link, params};
use crate::fault::Done;
use crate::keeper::{self, Node};
use crate::migrate as schema;
use crate::open::{self, OpenError};
use crate::row::get;
use crate::sql::node as sql;

/// Round trips that are timed.
const ROUNDS: u32 = 10;

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
}

/// Looks at the database at `url`, which must be under this main secret.
pub async fn inspect(url: &str, vault: &Vault) -> Result<Inspection, OpenError> {
    let place = address::parse(url, false)?;
    let (link, _) = Link::connect(&place).await?;
    open::check_server(&link).await?;
    let schema = schema::check(&link).await?;
    let nodes = if schema > 0 {
        open::check_secret(&link, vault).await?;
        keeper::nodes_of(&link).await?
    } else {
        Vec::new()
    };
    let server = version(&link).await?;
    let began = Instant::now();
    for _ in 0..ROUNDS {
        link.one(sql::SERVER_VERSION, params![]).await?;
    }
    Ok(Inspection { server, schema, round_trip: began.elapsed() / ROUNDS, nodes })
}

async fn version(link: &Link) -> Done<String> {
    let row = link.one(sql::SERVER_VERSION_TEXT, params![]).await?;
    row.map_or(Ok(String::new()), |row| get(&row, 0))
}
