//! Filling an empty database with the rows of another store.

mod columns;

use async_trait::async_trait;
use hookwire_core::Timestamp;
use hookwire_store::copy::{Batch, Begun, Facts, Part, Progress, Target};
use hookwire_store::{Result, Vault};
use tokio::sync::Mutex;

use self::columns::Columns;
use crate::connection::{Link, Place, params};
use crate::fault::{Done, Fault};
use crate::migrate::{self, LOCK_SPACE};
use crate::open::{self, OpenError};
use crate::partition::Days;
use crate::sql::{copy as sql, node};

/// The fact that names the source: bytes = its identity, number = whether all of it is there.
const SOURCE: &str = "copy_source";
/// The fact that names the source's state when the move began, in bytes.
const MARK: &str = "copy_mark";

/// A database that an installation is moved into.
pub struct PostgresTarget {
    link: Mutex<Link>,
    days: Days,
}

impl PostgresTarget {
    /// Connects, brings the tables up to date, and sees to it that the main secret is the database's.
    pub async fn open(url: &str, vault: &Vault) -> std::result::Result<Self, OpenError> {
        let place = Place::parse(url, false)?;
        let (link, _) = Link::connect(&place).await?;
        open::check_server(&link).await?;
        migrate::apply(&link).await?;
        open::make_canary(&link, vault).await?;
        Ok(Self { link: Mutex::new(link), days: Days::default() })
    }
}

#[async_trait]
impl Target for PostgresTarget {
    async fn begin(&self, source: Facts) -> Result<Begun> {
        let link = self.link.lock().await;
        in_transaction(&link, begin(&link, &source)).await.map_err(Fault::into_error)
    }

    async fn progress(&self, part: Part) -> Result<Progress> {
        let link = self.link.lock().await;
        let row = link.one(sql::PROGRESS, params![mark_of(part)]).await.map_err(Fault::from);
        Ok(match row.map_err(Fault::into_error)? {
            None => Progress::From(None),
            Some(row) if row.get::<_, Option<i64>>(0) == Some(1) => Progress::Done,
            Some(row) => {
                let place: Option<Vec<u8>> = row.get(1);
                Progress::From(place.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
            }
        })
    }

    async fn write(&self, part: Part, batch: Batch) -> Result<()> {
        let link = self.link.lock().await;
        let columns = Columns::of(part, batch.rows).map_err(Fault::into_error)?;
        self.days.ensure(&link, columns.partition_keys(part)).await.map_err(Fault::into_error)?;
        let written = in_transaction(&link, write(&link, part, &columns, batch.next)).await;
        written.map_err(Fault::into_error)
    }

    async fn count(&self, part: Part) -> Result<u64> {
        let link = self.link.lock().await;
        let row = link
            .one(columns::count(part), params![])
            .await
            .map_err(|error| Fault::from(error).into_error())?;
        Ok(row.map_or(0, |row| row.get::<_, i64>(0)).unsigned_abs())
    }

    async fn finish(&self, now: Timestamp) -> Result<()> {
        let link = self.link.lock().await;
        self.days.ahead(&link, now).await.map_err(Fault::into_error)?;
        let end = async {
            link.run(node::META_SET, params![SOURCE, 1_i64]).await?;
            link.run(sql::PROGRESS_FORGET, params![]).await?;
            Ok(())
        };
        in_transaction(&link, end).await.map_err(Fault::into_error)?;
        link.script("ANALYZE").await.map_err(|error| Fault::from(error).into_error())
    }
}

async fn begin(link: &Link, source: &Facts) -> Done<Begun> {
    link.run(node::NODES_LOCK, params![LOCK_SPACE]).await?;
    if link.one(sql::NODE_ALIVE, params![]).await?.is_some() {
        return Ok(Begun::InUse);
    }
    if let Some(row) = link.one(sql::SOURCE_GET, params![SOURCE]).await? {
        let (known, done): (Option<Vec<u8>>, Option<i64>) = (row.get(0), row.get(1));
        if known.as_deref() != Some(source.identity.as_bytes()) {
            return Ok(Begun::Occupied);
        }
        return Ok(match (done == Some(1), is_unchanged(link, source).await?) {
            (true, true) => Begun::Complete,
            (true, false) => Begun::Stale,
            (false, true) => Begun::Resumed,
            (false, false) => Begun::Changed,
        });
    }
    if link.one(sql::OCCUPIED, params![]).await?.is_some() {
        return Ok(Begun::Occupied);
    }
    link.run(node::META_SET_BYTES, params![SOURCE, source.identity.as_bytes()]).await?;
    link.run(node::META_SET_BYTES, params![MARK, source.mark.as_bytes()]).await?;
    link.run(sql::KEYS_USED, params![source.key_floor]).await?;
    if let Some(retention) = source.payload_retention {
        link.run(node::META_SET, params!["payload_retention", retention]).await?;
    }
    link.run(node::META_SET, params!["sweep_barrier", source.sweep_barrier.micros()]).await?;
    Ok(Begun::Fresh)
}

/// Whether the source is in the state in which the move began.
async fn is_unchanged(link: &Link, source: &Facts) -> Done<bool> {
    let row = link.one(node::META_BYTES, params![MARK]).await?;
    let mark: Option<Vec<u8>> = row.and_then(|row| row.get(0));
    Ok(mark.as_deref() == Some(source.mark.as_bytes()))
}

async fn write(link: &Link, part: Part, columns: &Columns, next: Option<String>) -> Done<()> {
    if !columns.is_empty() {
        for statement in columns::inserts(part) {
            link.run(statement, &columns.params()).await?;
        }
    }
    let done = i64::from(next.is_none());
    let place = next.unwrap_or_default().into_bytes();
    link.run(sql::PROGRESS_SET, params![mark_of(part), done, place]).await?;
    Ok(())
}

/// Refuses a database that an installation is being moved into.
pub(crate) async fn check_finished(link: &Link) -> std::result::Result<(), OpenError> {
    match link.one(sql::SOURCE_GET, params![SOURCE]).await? {
        Some(row) if row.get::<_, Option<i64>>(1) != Some(1) => Err(OpenError::Unfinished),
        _ => Ok(()),
    }
}

/// What the progress of a part is noted under.
fn mark_of(part: Part) -> String {
    format!("copy/{part}")
}

/// Does the work in a transaction; all of it, or nothing.
async fn in_transaction<T>(link: &Link, work: impl Future<Output = Done<T>>) -> Done<T> {
    link.script("BEGIN").await?;
    let done = work.await;
    link.script(if done.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
    done
}
