//! What other nodes changed: the dispatcher is told of it as if it had been changed here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use hookwire_core::AppKey;
use hookwire_core::id::Key;
use hookwire_store::Dispatch;

use crate::cache::AppState;
use crate::connection::{Link, params};
use crate::fault::Done;
use crate::row::{get, key};
use crate::shared::Shared;
use crate::sql::catalog as sql;

/// Versions of apps that the dispatcher is in step with.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    versions: Mutex<HashMap<AppKey, i64>>,
}

impl Seen {
    fn lock(&self) -> MutexGuard<'_, HashMap<AppKey, i64>> {
        self.versions.lock().expect("nobody panics with this lock")
    }

    /// This node made that version. If it was in step with the one before, it still is.
    pub(crate) fn own(&self, app: AppKey, version: i64, is_alone: bool) {
        let mut versions = self.lock();
        if is_alone || versions.get(&app).is_some_and(|seen| seen + 1 == version) {
            versions.insert(app, version);
        }
    }

    /// Those of the latest changes that are new; older ones are forgotten.
    fn take_new(&self, latest: &HashMap<AppKey, i64>) -> Vec<AppKey> {
        let mut versions = self.lock();
        versions.retain(|app, _| latest.contains_key(app));
        let is_new = |(app, version): &(&AppKey, &i64)| versions.get(app) != Some(version);
        latest.iter().filter(is_new).map(|(app, _)| *app).collect()
    }

    fn saw(&self, app: AppKey, version: i64) {
        self.lock().insert(app, version);
    }
}

/// Looks for changes and tells the dispatcher.
pub(crate) async fn look(shared: &Shared, link: &Link) -> Done<()> {
    let rows = link.query(sql::APP_CHANGES, params![]).await?;
    let latest = rows.iter().map(|row| Ok((key(row, 0)?, get(row, 1)?))).collect::<Done<HashMap<_, _>>>()?;
    for app in shared.seen.take_new(&latest) {
        let known = shared.cache.peek_app(app);
        let state = shared.cache.load(link, &shared.vault, app).await?;
        tell(shared, link, app, known.as_deref(), state.as_deref()).await?;
        shared.seen.saw(app, state.map_or(0, |state| state.version));
    }
    Ok(())
}

async fn tell(
    shared: &Shared,
    link: &Link,
    app: AppKey,
    known: Option<&AppState>,
    now: Option<&AppState>,
) -> Done<()> {
    let mut removed = Vec::new();
    match known {
        Some(known) => {
            let is_gone = |key| now.is_none_or(|now| !now.endpoints.contains_key(key));
            removed.extend(known.endpoints.keys().filter(|key| is_gone(key)).copied());
        }
        None => {
            for row in link.query(sql::ENDPOINTS_GONE, params![app.raw()]).await? {
                removed.push(key(&row, 0)?);
            }
        }
    }
    let dispatch = shared.dispatch.read().expect("nobody panics with this lock");
    let Some(dispatch) = dispatch.as_deref() else { return Ok(()) };
    for endpoint in removed {
        dispatch.removed(endpoint);
    }
    if let Some(now) = now {
        tell_changed(dispatch, known, now);
    }
    Ok(())
}

fn tell_changed(dispatch: &dyn Dispatch, known: Option<&AppState>, now: &AppState) {
    if known.is_none_or(|known| known.app != now.app) {
        dispatch.app_changed(Arc::clone(&now.app));
    }
    for (key, endpoint) in &now.endpoints {
        if known.and_then(|known| known.endpoints.get(key)) != Some(endpoint) {
            dispatch.changed(Arc::clone(endpoint), Arc::clone(&now.app));
        }
    }
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
        assert!(seen.take_new(&HashMap::new()).is_empty() && seen.lock().is_empty());
    }
}
