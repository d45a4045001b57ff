//! What the doctor says of a database.

use std::time::Duration;

use hookwire_store::Vault;
use hookwire_store_postgres::{Inspection, OpenError, SCHEMA, Trouble, inspect};

use super::Finding;
use crate::config::{Config, load_keys, masked_url};

/// A longer way to the database costs every request, and asks for more connections.
const FAR: Duration = Duration::from_millis(5);

/// Looks at the database; nothing in it is changed.
pub(super) fn look(config: &Config, url: &str) -> Vec<Finding> {
    let keys = match load_keys(config) {
        Ok(keys) => keys,
        Err(error) => return vec![Finding::Fault(format!("{error:#}"))],
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return vec![Finding::Fault(format!("cannot start the runtime: {error}"))],
    };
    match runtime.block_on(inspect(url, &Vault::new(&keys.main_secret))) {
        Ok(found) => said(config, &found),
        Err(error) => vec![Finding::Fault(format!("{}: {error} (store.url)", masked_url(url)))],
    }
}

fn said(config: &Config, found: &Inspection) -> Vec<Finding> {
    let Inspection { server, schema, round_trip, nodes, troubles } = found;
    let mut findings = vec![Finding::Well(format!("the database is PostgreSQL {server}"))];
    let millis = round_trip.as_secs_f64() * 1_000.0;
    findings.push(if *round_trip > FAR {
        Finding::Advice(format!(
            "a round trip to the database takes {millis:.1} ms: every request waits for one at least; more of \
             store.ingest_connections and store.settle_connections may help"
        ))
    } else {
        Finding::Well(format!("a round trip to the database takes {millis:.1} ms"))
    });
    findings.push(match *schema {
        SCHEMA => Finding::Well(format!("its tables are up to date (version {schema})")),
        newer if newer > SCHEMA => Finding::Well(format!(
            "its tables are of version {newer}, made by a newer Hookwire: this one knows {SCHEMA} and can work with them"
        )),
        _ if config.store.migrate => Finding::Well(format!(
            "its tables are of version {schema}; the next start brings them to {SCHEMA}"
        )),
        _ => Finding::Fault(format!(
            "its tables are of version {schema}, but {SCHEMA} is needed: run `hookwire migrate` (store.migrate is off)"
        )),
    });
    findings.extend(troubles.iter().map(fault));
    let names = nodes
        .iter()
        .map(|node| format!("{} ({}, {} s ago)", node.name, node.number, node.silent_for.as_secs()));
    let names = names.collect::<Vec<_>>().join(", ");
    findings.push(Finding::Well(match nodes.len() {
        0 => "no node is at work on it".to_owned(),
        count => format!("{count} nodes are at work on it: {names}"),
    }));
    findings
}

fn fault(trouble: &Trouble) -> Finding {
    Finding::Fault(match trouble {
        Trouble::ReadOnly => "the database can only be read: it is a standby, or default_transaction_read_only is on; \
                              store.url must lead to the primary"
            .to_owned(),
        Trouble::NoSchema => {
            "there is no schema that tables could be made in (search_path of the role, the database or store.url)".to_owned()
        }
        Trouble::NoTables(schema) => format!(
            "the role may not make tables in the schema {schema}, which is needed every day: make it the owner of the \
             database, or GRANT CREATE ON SCHEMA {schema} to it"
        ),
        Trouble::Unfinished => OpenError::Unfinished.to_string(),
    })
}
