//! What other nodes changed: the dispatcher is told of it as if it had been changed here.
//!
//! It is told of all endpoints of a changed app, whatever is remembered of it: that may have been loaded since by whoever
//! wrote for it, without a word to the dispatcher.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use hookwire_core::AppKey;
use hookwire_core::id::Key;
use tokio_postgres::Row;

use crate::cache::AppState;
use crate::connection::{Link, params};
use crate::fault::Done;
use crate::row::{get, key};
use crate::shared::Shared;
use crate::sql::catalog as sql;

/// How long one look may take: heartbeats wait for it. The next one goes on.
const LOOK_MAX: Duration = Duration::from_millis(500);

/// How far the dispatcher is in step with apps.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    inner: Mutex<Looked>,
}

#[derive(Debug, Default)]
struct Looked {
    /// Versions of apps that were changed of late.
    versions: HashMap<AppKey, i64>,
    /// When the last whole look began, in seconds, by the clock of the database: nothing before it was missed.
    until: Option<f64>,
}

impl Seen {
    fn lock(&self) -> MutexGuard<'_, Looked> {
        self.inner.lock().expect("nobody panics with this lock")
    }

    /// This node made that version. If it was in step with the one before, it still is.
    pub(crate) fn own(&self, app: AppKey, version: i64, is_alone: bool) {
        let mut looked = self.lock();
        if is_alone || looked.versions.get(&app).is_some_and(|seen| seen + 1 == version) {
            looked.versions.insert(app, version);
        }
    }

    /// Those of the latest changes that are new; older ones are forgotten.
    fn take_new(&self, latest: &HashMap<AppKey, i64>) -> Vec<AppKey> {
        let mut looked = self.lock();
        looked.versions.retain(|app, _| latest.contains_key(app));
        let is_new = |(app, version): &(&AppKey, &i64)| looked.versions.get(app) != Some(version);
        latest.iter().filter(is_new).map(|(app, _)| *app).collect()
    }

    fn saw(&self, app: AppKey, version: i64) {
        self.lock().versions.insert(app, version);
    }
}

/// Looks for changes since the last look, however long ago that was, and tells the dispatcher.
pub(crate) async fn look(shared: &Shared, link: &Link) -> Done<()> {
    let until = shared.seen.lock().until;
    let rows = link.query(sql::APP_CHANGES, params![until]).await?;
    let began = rows.first().map(|row| get::<f64>(row, 2)).transpose()?;
    let started = Instant::now();
    let latest = changed(&rows)?;
    for app in shared.seen.take_new(&latest) {
        if started.elapsed() >= LOOK_MAX {
            return Ok(());
        }
        let state = match shared.cache.load(link, &shared.vault, app).await {
            Err(fault) if fault.is_corrupt() => {
                tracing::error!(%app, error = %fault.into_error(), "a changed application can't be read");
                shared.seen.saw(app, latest.get(&app).copied().unwrap_or(0));
                continue;
            }
            loaded => loaded?,
        };
        tell(shared, link, app, state.as_deref()).await?;
        shared.seen.saw(app, state.map_or(0, |state| state.version));
    }
    shared.seen.lock().until = began;
    Ok(())
}

/// The versions that apps were given. There is a row also when there are none.
fn changed(rows: &[Row]) -> Done<HashMap<AppKey, i64>> {
    let mut latest = HashMap::new();
    for row in rows {
        if let Some(version) = get::<Option<i64>>(row, 1)? {
            latest.insert(key(row, 0)?, version);
        }
    }
    Ok(latest)
}

async fn tell(shared: &Shared, link: &Link, app: AppKey, now: Option<&AppState>) -> Done<()> {
    let gone = link.query(sql::ENDPOINTS_GONE, params![app.raw()]).await?;
    let gone = gone.iter().map(|row| key(row, 0)).collect::<Done<Vec<_>>>()?;
    let dispatch = shared.dispatch.read().expect("nobody panics with this lock");
    let Some(dispatch) = dispatch.as_deref() else { return Ok(()) };
    for endpoint in gone {
        dispatch.removed(endpoint);
    }
    if let Some(now) = now {
        dispatch.app_changed(Arc::clone(&now.app));
        for endpoint in now.endpoints.values() {
            dispatch.changed(Arc::clone(endpoint), Arc::clone(&now.app));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_others_changed_is_new() {
        let app = AppKey::from_raw(1);
        let seen = Seen::default();
        seen.own(app, 2, false);
        assert_eq!(seen.take_new(&[(app, 2)].into()), [app], "what was before it is not known");
        seen.saw(app, 2);
        seen.own(app, 3, false);
        assert!(seen.take_new(&[(app, 3)].into()).is_empty());
        seen.own(app, 5, false);
        assert_eq!(seen.take_new(&[(app, 5)].into()), [app], "somebody else made the fourth");
        seen.own(app, 5, true);
        assert!(seen.take_new(&[(app, 5)].into()).is_empty());
        assert!(seen.take_new(&HashMap::new()).is_empty() && seen.lock().versions.is_empty());
    }
}
