//! Apps with their endpoints as this node remembers them. Other nodes change them, too, so each has a version: whoever
//! writes by what is remembered has the database compare it, and loads the app anew when it is another.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use hookwire_core::id::Key;
use hookwire_core::subscription::{Subscription, Subscriptions};
use hookwire_core::{App, AppKey, Endpoint, EndpointKey, OrgId, Reference};
use hookwire_store::Vault;
use tokio_postgres::Row;

use crate::connection::{Link, params};
use crate::fault::Done;
use crate::row::{get, key, read_app, read_endpoint, read_profile};
use crate::sql::{catalog as sql, queue};

/// Endpoints and apps kept in memory before everything is dropped and loaded anew.
const WEIGHT_MAX: usize = 20_000;

/// A live app and its live endpoints, as of one version.
#[derive(Debug)]
pub(crate) struct AppState {
    pub(crate) app: Arc<App>,
    /// The key of its org.
    pub(crate) org: i64,
    pub(crate) version: i64,
    pub(crate) endpoints: BTreeMap<EndpointKey, Arc<Endpoint>>,
    /// Endpoints that can't be read, with their uids. Nothing is sent to them; they can be deleted.
    pub(crate) damaged: BTreeMap<EndpointKey, Option<String>>,
    subscriptions: OnceLock<Arc<Subscriptions>>,
}

impl AppState {
    /// Who wants what.
    pub(crate) fn subscriptions(&self) -> &Arc<Subscriptions> {
        self.subscriptions.get_or_init(|| {
            let wanted = self.endpoints.values().filter_map(|endpoint| Subscription::of(endpoint));
            Arc::new(Subscriptions::new(wanted))
        })
    }

    /// An endpoint that can't be read, by key or uid.
    pub(crate) fn damaged(&self, reference: &Reference<EndpointKey>) -> Option<EndpointKey> {
        match reference {
            Reference::Key(key) => self.damaged.contains_key(key).then_some(*key),
            Reference::Uid(uid) => {
                let own = |own: &Option<String>| own.as_ref() == Some(uid);
                self.damaged.iter().find(|(_, uid)| own(uid)).map(|(key, _)| *key)
            }
        }
    }

    /// The endpoint by key or uid.
    pub(crate) fn endpoint(&self, reference: &Reference<EndpointKey>) -> Option<&Arc<Endpoint>> {
        let has_uid = |endpoint: &&Arc<Endpoint>, uid: &str| {
            endpoint.uid.as_ref().is_some_and(|own| own.as_str() == uid)
        };
        match reference {
            Reference::Key(key) => self.endpoints.get(key),
            Reference::Uid(uid) => self.endpoints.values().find(|endpoint| has_uid(endpoint, uid)),
        }
    }
}

/// What is remembered.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    orgs: HashMap<OrgId, i64>,
    apps: HashMap<AppKey, Arc<AppState>>,
    uids: HashMap<(i64, String), AppKey>,
    homes: HashMap<EndpointKey, AppKey>,
}

impl Inner {
    fn forget(&mut self, key: AppKey) -> Option<Arc<AppState>> {
        let state = self.apps.remove(&key)?;
        if let Some(uid) = &state.app.uid {
            self.uids.remove(&(state.org, uid.as_str().to_owned()));
        }
        for endpoint in state.endpoints.keys() {
            self.homes.remove(endpoint);
        }
        Some(state)
    }
}

impl Cache {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("nobody panics with this lock")
    }

    /// What is remembered of the app that the reference names; it may be out of date.
    pub(crate) fn peek(&self, org: &OrgId, reference: &Reference<AppKey>) -> Option<Arc<AppState>> {
        let inner = self.lock();
        let org = inner.orgs.get(org)?;
        let key = match reference {
            Reference::Key(key) => key,
            Reference::Uid(uid) => inner.uids.get(&(*org, uid.clone()))?,
        };
        inner.apps.get(key).filter(|state| state.org == *org).cloned()
    }

    /// What is remembered of an app; it may be out of date.
    pub(crate) fn peek_app(&self, key: AppKey) -> Option<Arc<AppState>> {
        self.lock().apps.get(&key).cloned()
    }

    /// Forgets everything: after a failover the database may be older than what is remembered.
    pub(crate) fn forget_all(&self) {
        *self.lock() = Inner::default();
    }

    /// Forgets an app and its endpoints; answers what was remembered.
    pub(crate) fn forget(&self, key: AppKey) -> Option<Arc<AppState>> {
        self.lock().forget(key)
    }

    /// An org's key.
    pub(crate) async fn org(&self, link: &Link, org: &OrgId) -> Done<Option<i64>> {
        if let Some(key) = self.lock().orgs.get(org) {
            return Ok(Some(*key));
        }
        let Some(row) = link.one(sql::ORG_BY_ID, params![org.as_str()]).await? else { return Ok(None) };
        let key = get(&row, 0)?;
        self.lock().orgs.insert(org.clone(), key);
        Ok(Some(key))
    }

    /// An org's live app, as remembered or as it is.
    pub(crate) async fn resolve(
        &self,
        link: &Link,
        vault: &Vault,
        org: &OrgId,
        reference: &Reference<AppKey>,
    ) -> Done<Option<Arc<AppState>>> {
        if let Some(state) = self.peek(org, reference) {
            return Ok(Some(state));
        }
        let Some(org_key) = self.org(link, org).await? else { return Ok(None) };
        let key = match reference {
            Reference::Key(key) => *key,
            Reference::Uid(uid) => {
                let found = link.one(sql::APP_KEY_BY_UID, params![org_key, uid]).await?;
                let Some(row) = found else { return Ok(None) };
                key(&row, 0)?
            }
        };
        Ok(self.app(link, vault, key).await?.filter(|state| state.org == org_key))
    }

    /// A live app, as remembered or as it is.
    pub(crate) async fn app(&self, link: &Link, vault: &Vault, key: AppKey) -> Done<Option<Arc<AppState>>> {
        match self.peek_app(key) {
            Some(state) => Ok(Some(state)),
            None => self.load(link, vault, key).await,
        }
    }

    /// A live app as it is by now, which is remembered from now on.
    pub(crate) async fn load(&self, link: &Link, vault: &Vault, key: AppKey) -> Done<Option<Arc<AppState>>> {
        let state = read(link, vault, key).await?.map(Arc::new);
        let mut inner = self.lock();
        // Who read earlier may be here later.
        if let (Some(known), Some(read)) = (inner.apps.get(&key), &state)
            && known.version > read.version
        {
            return Ok(Some(Arc::clone(known)));
        }
        inner.forget(key);
        if inner.homes.len() + inner.apps.len() > WEIGHT_MAX || inner.orgs.len() > WEIGHT_MAX {
            *inner = Inner::default();
        }
        let Some(state) = state else { return Ok(None) };
        inner.orgs.insert(state.app.org.clone(), state.org);
        if let Some(uid) = &state.app.uid {
            inner.uids.insert((state.org, uid.as_str().to_owned()), key);
        }
        for endpoint in state.endpoints.keys() {
            inner.homes.insert(*endpoint, key);
        }
        inner.apps.insert(key, Arc::clone(&state));
        Ok(Some(state))
    }

    /// Whether the app still has this version. If not, what is remembered of it is not older than what it is by now.
    pub(crate) async fn is_current(
        &self,
        link: &Link,
        vault: &Vault,
        (app, version): (AppKey, i64),
    ) -> Done<bool> {
        let row = link.one(queue::APP_VERSIONS, params![vec![app.raw()]]).await?;
        let now = row.map_or(Ok(0), |row| get::<i64>(&row, 1))?;
        if now != version && self.peek_app(app).is_none_or(|known| known.version < now || now == 0) {
            self.load(link, vault, app).await?;
        }
        Ok(now == version)
    }

    /// The app of a live endpoint, as remembered or as it is. The endpoint may be gone from it.
    pub(crate) async fn home(
        &self,
        link: &Link,
        vault: &Vault,
        endpoint: EndpointKey,
    ) -> Done<Option<Arc<AppState>>> {
        let home = self.lock().homes.get(&endpoint).copied();
        let home = if let Some(home) = home {
            home
        } else {
            let found = link.one(sql::ENDPOINT_HOME, params![endpoint.raw()]).await?;
            let Some(row) = found else { return Ok(None) };
            key(&row, 0)?
        };
        self.app(link, vault, home).await
    }
}

/// Reads a live app and its endpoints, as they are at one moment.
pub(crate) async fn read(link: &Link, vault: &Vault, app: AppKey) -> Done<Option<AppState>> {
    let rows = link.query(sql::APP_WITH_ENDPOINTS, params![app.raw()]).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let id = OrgId::stored(get(first, 9)?);
    let app = read_app(first, &id, &read_profile(first, 10)?)?;
    let (mut endpoints, mut damaged) = (BTreeMap::new(), BTreeMap::new());
    for row in rows.iter().filter(|row| has_endpoint(row)) {
        match read_endpoint(row, 11, vault) {
            Ok((endpoint, _)) => drop(endpoints.insert(endpoint.key, Arc::new(endpoint))),
            Err(fault) if fault.is_corrupt() => {
                let damaged_key: EndpointKey = key(row, 11)?;
                tracing::error!(endpoint = %damaged_key, error = %fault.into_error(), "an endpoint can't be read");
                damaged.insert(damaged_key, get(row, 13)?);
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(Some(AppState {
        app: Arc::new(app),
        org: get(first, 7)?,
        version: get(first, 8)?,
        endpoints,
        damaged,
        subscriptions: OnceLock::new(),
    }))
}

fn has_endpoint(row: &Row) -> bool {
    matches!(get::<Option<i64>>(row, 11), Ok(Some(_)))
}
