//! A connection to the database: statements are prepared once, and parameters say their types.

pub(crate) mod param;
pub(crate) mod place;
mod tls;

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Client, Row, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

pub(crate) use param::{Param, params};
pub(crate) use place::Place;
pub use place::check_url;

use crate::fault::{Done, in_time};

/// How statements are planned. Arrays of parameters are short or long, but the plan is the same. It is kept while tables
/// grow, so what can be found by an index is found by it, however small the table was.
macro_rules! plans {
    () => {
        "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; \
         SET enable_bitmapscan = off; SET jit = off"
    };
}
#[cfg(test)]
pub(crate) use plans;

/// What a session is told at its beginning.
const SESSION: &str = concat!(
    "SET statement_timeout = '60s'; SET lock_timeout = '20s'; SET idle_in_transaction_session_timeout = '5s'; ",
    plans!()
);
/// How long a connection may take to come about.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// A connection.
pub(crate) struct Link {
    client: Client,
    /// `None` = they are not kept from one transaction to the next.
    statements: Option<Mutex<Statements>>,
    /// Ends when the server has answered everything and nobody has more to ask, or when it is gone.
    carrier: JoinHandle<()>,
    tls: MakeRustlsConnect,
}

/// Prepared statements.
#[derive(Default)]
struct Statements {
    /// By the address of their text, which is found quickly. A constant may lie at several.
    by_address: HashMap<usize, Statement>,
    by_text: HashMap<&'static str, Statement>,
}

impl Statements {
    fn get(&mut self, sql: &'static str) -> Option<Statement> {
        let address = sql.as_ptr().addr();
        if let Some(statement) = self.by_address.get(&address) {
            return Some(statement.clone());
        }
        let statement = self.by_text.get(sql)?.clone();
        self.by_address.insert(address, statement.clone());
        Some(statement)
    }
}

/// What the server said unasked: the words of a NOTIFY.
pub(crate) type Heard = mpsc::UnboundedReceiver<String>;

impl Link {
    /// Connects. What others say is heard as long as the connection lives.
    pub(crate) async fn connect(place: &Place) -> Done<(Self, Heard)> {
        let connecting = place.config.connect(place.tls());
        let (client, mut connection) = in_time(CONNECT_LIMIT, connecting).await?;
        let (said, heard) = mpsc::unbounded_channel();
        let carrier = tokio::spawn(async move {
            let mut messages = futures::stream::poll_fn(move |context| connection.poll_message(context));
            while let Some(message) = messages.next().await {
                match message {
                    Ok(AsyncMessage::Notification(word)) => drop(said.send(word.payload().to_owned())),
                    Ok(AsyncMessage::Notice(notice)) => tracing::debug!(%notice, "the database remarks"),
                    Ok(_) => {}
                    // Whoever uses the connection is told, too, and logs it.
                    Err(error) => return tracing::debug!(%error, "a connection to the database ended"),
                }
            }
        });
        let statements = place.keeps_statements.then(Mutex::default);
        let link = Self { client, statements, carrier, tls: place.tls() };
        if place.keeps_statements {
            in_time(CONNECT_LIMIT, link.client.batch_execute(SESSION)).await?;
        }
        Ok((link, heard))
    }

    /// Gives it up. What comes back ends when the server has done all that it was asked for, or is gone.
    pub(crate) fn give_up(self) -> JoinHandle<()> {
        self.carrier
    }

    /// The same, and nobody wants to know any more: the server is asked to leave off what it is at.
    pub(crate) async fn cut_short(self) {
        let Self { client, carrier, tls, .. } = self;
        let token = client.cancel_token();
        drop(client);
        if !carrier.is_finished() {
            // If that does not arrive, the limits of the session end it.
            drop(in_time(CONNECT_LIMIT, token.cancel_query(tls)).await);
        }
        // One that panicked has ended as well.
        drop(carrier.await);
    }

    /// Whether it is of no use any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Prepares statements, so that [`Link::query`] sends each at once when it is first polled: futures that are
    /// polled together are on their way together, in that order.
    pub(crate) async fn ready(&self, statements: &[&'static str]) -> Result<(), tokio_postgres::Error> {
        for sql in statements {
            self.prepared(sql).await?;
        }
        Ok(())
    }

    async fn prepared(&self, sql: &'static str) -> Result<Option<Statement>, tokio_postgres::Error> {
        let Some(statements) = &self.statements else { return Ok(None) };
        let lock = || statements.lock().expect("nobody panics with this lock");
        if let Some(statement) = lock().get(sql) {
            return Ok(Some(statement));
        }
        let statement = self.client.prepare(sql).await?;
        lock().by_text.insert(sql, statement.clone());
        Ok(Some(statement))
    }

    /// Runs a statement; answers its rows.
    pub(crate) async fn query(
        &self,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        match self.prepared(sql).await? {
            Some(statement) => {
                let values = params.iter().map(|(value, _)| *value);
                self.client.query_raw(&statement, values).await?.try_collect().await
            }
            None => self.client.query_typed(sql, params).await,
        }
    }

    /// Runs a statement that finds one row or none.
    pub(crate) async fn one(
        &self,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<Option<Row>, tokio_postgres::Error> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// Runs a statement that writes; answers how many rows it changed.
    pub(crate) async fn run(
        &self,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<u64, tokio_postgres::Error> {
        match self.prepared(sql).await? {
            Some(statement) => {
                let values = params.iter().map(|(value, _)| *value);
                self.client.execute_raw(&statement, values).await
            }
            None => self.client.execute_typed(sql, params).await,
        }
    }

    /// Runs some statements without parameters.
    pub(crate) async fn script(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        self.client.batch_execute(sql).await
    }
}
