//! Apps with their endpoints as the writer keeps them in memory. It is the only one that changes them, so this is exact.

mod changes;
#[cfg(test)]
mod tests;
mod weight;

use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use hookwire_core::id::Key;
use hookwire_core::subscription::{Subscription, Subscriptions};
use hookwire_core::{
    App, AppKey, ClientKey, Endpoint, EndpointKey, OrgId, ProfileName, Reference, Timestamp, Uid,
};
use hookwire_store::Vault;
use rusqlite::{Connection, params};

use crate::fault::{Done, Fault};
use crate::row::oauth::Hook;
use crate::row::{all, key as read_key, one, read_app, read_endpoint, read_profile, text_or_none};
use crate::sql::catalog as sql;
use changes::Changes;

/// Bytes of apps and endpoints that are kept in memory. Those that were not used for longest are dropped when they
/// become more, but never the one that was used last.
const BYTES_MAX: usize = 64 * 1_024 * 1_024;
/// Orgs that are kept in memory.
const ORGS_MAX: usize = 20_000;

/// A live app and its live endpoints.
#[derive(Debug, Clone)]
pub(crate) struct AppState {
    pub(crate) app: Arc<App>,
    /// The key of its org.
    pub(crate) org: i64,
    pub(crate) endpoints: BTreeMap<EndpointKey, Arc<Endpoint>>,
    /// Live endpoints that can't be read, by key with their uids. They get no messages, and harm nobody else.
    pub(crate) damaged: BTreeMap<EndpointKey, Option<Uid>>,
    /// What all of it takes in memory, roughly.
    bytes: usize,
    /// The latest batch that used it.
    used: Cell<u64>,
    subscriptions: OnceCell<Arc<Subscriptions>>,
    changes: Changes,
}

impl AppState {
    fn new(app: App, org: i64, endpoints: BTreeMap<EndpointKey, Arc<Endpoint>>) -> Self {
        let of_endpoints: usize = endpoints.values().map(|endpoint| weight::of_endpoint(endpoint)).sum();
        Self {
            bytes: weight::of_app(&app) + of_endpoints,
            app: Arc::new(app),
            org,
            endpoints,
            damaged: BTreeMap::new(),
            used: Cell::new(0),
            subscriptions: OnceCell::new(),
            changes: Changes::new(),
        }
    }

    /// Who wants what, as things are.
    pub(crate) fn subscriptions(&self) -> &Arc<Subscriptions> {
        self.subscriptions.get_or_init(|| {
            let wanted = self.endpoints.values().filter_map(|endpoint| Subscription::of(endpoint));
            Arc::new(Subscriptions::new(wanted))
        })
    }

    /// The version of [`AppState::subscriptions`].
    pub(crate) fn version(&self) -> u64 {
        self.changes.version
    }

    /// The endpoints that want something else since that version; `None` when this is not known any more.
    pub(crate) fn changed_since(&self, version: u64) -> Option<BTreeSet<EndpointKey>> {
        self.changes.since(version)
    }

    fn subscribe(&mut self, endpoint: EndpointKey, wanted: Option<Subscription<'_>>) {
        self.changes.note(endpoint);
        // Who looks at them beside the writer keeps them as they were: a copy costs less than making them anew.
        let subscriptions = self.subscriptions.get_mut().map(Arc::make_mut);
        if subscriptions.is_some_and(|subscriptions| !subscriptions.put(endpoint, wanted)) {
            self.subscriptions = OnceCell::new();
        }
    }

    /// The endpoint by key or uid.
    pub(crate) fn endpoint(&self, reference: &Reference<EndpointKey>) -> Option<&Arc<Endpoint>> {
        match reference {
            Reference::Key(key) => self.endpoints.get(key),
            Reference::Uid(uid) => self.endpoints.values().find(|endpoint| has_uid(endpoint, uid)),
        }
    }

    /// The key of an endpoint that can't be read, by key or uid.
    pub(crate) fn damaged(&self, reference: &Reference<EndpointKey>) -> Option<EndpointKey> {
        match reference {
            Reference::Key(key) => self.damaged.contains_key(key).then_some(*key),
            Reference::Uid(uid) => {
                let is_same = |own: &Uid| own.as_str() == uid;
                let mut all = self.damaged.iter();
                all.find(|(_, own)| own.as_ref().is_some_and(is_same)).map(|(key, _)| *key)
            }
        }
    }
}

fn has_uid(endpoint: &Endpoint, uid: &str) -> bool {
    endpoint.uid.as_ref().is_some_and(|own| own.as_str() == uid)
}

/// An org.
#[derive(Debug, Clone)]
struct Org {
    key: i64,
    profile: ProfileName,
}

/// What the writer remembers.
#[derive(Default)]
pub(crate) struct Cache {
    orgs: HashMap<OrgId, Org>,
    apps: HashMap<AppKey, Rc<AppState>>,
    uids: HashMap<i64, HashMap<String, AppKey>>,
    homes: HashMap<EndpointKey, AppKey>,
    /// Since when cached endpoints fail; those that work are not in it.
    pub(crate) failing: HashMap<EndpointKey, Timestamp>,
    /// Live endpoints of the whole store, once somebody asked.
    pub(crate) endpoints_live: Option<u64>,
    /// What the apps take in memory, roughly.
    bytes: usize,
    /// Batches so far.
    batch: u64,
}

impl Cache {
    /// Ends a batch: drops what was not used for longest when it has become too much. Only between transactions.
    pub(crate) fn trim(&mut self) {
        self.batch += 1;
        if self.bytes > BYTES_MAX {
            self.drop_oldest(BYTES_MAX / 4 * 3);
        }
        if self.orgs.len() > ORGS_MAX {
            self.orgs.clear();
        }
    }

    fn drop_oldest(&mut self, bytes: usize) {
        let mut by_use: Vec<_> = self.apps.iter().map(|(key, state)| (state.used.get(), *key)).collect();
        by_use.sort_unstable();
        by_use.pop();
        for (_, key) in by_use {
            if self.bytes <= bytes {
                break;
            }
            self.forget(key);
        }
    }

    /// The cached app, which is used now.
    fn cached(&self, key: AppKey) -> Option<Rc<AppState>> {
        let state = self.apps.get(&key)?;
        state.used.set(self.batch);
        Some(Rc::clone(state))
    }

    fn find_org(&mut self, db: &Connection, org: &OrgId) -> Done<Option<&Org>> {
        if !self.orgs.contains_key(org) {
            let found = one(db, sql::ORG_BY_ID, [org.as_str()], |row| {
                Ok(Org { key: row.get(0)?, profile: read_profile(row, 1)? })
            })?;
            let Some(found) = found else { return Ok(None) };
            self.orgs.insert(org.clone(), found);
        }
        Ok(self.orgs.get(org))
    }

    /// An org's key.
    pub(crate) fn org(&mut self, db: &Connection, org: &OrgId) -> Done<Option<i64>> {
        Ok(self.find_org(db, org)?.map(|org| org.key))
    }

    /// An org's profile.
    pub(crate) fn profile(&mut self, db: &Connection, org: &OrgId) -> Done<ProfileName> {
        Ok(self.find_org(db, org)?.map_or_else(ProfileName::standard, |org| org.profile.clone()))
    }

    /// Takes in an org's new profile; answers its cached apps, which have it now.
    pub(crate) fn put_profile(&mut self, org: &OrgId, key: i64, profile: &ProfileName) -> Vec<Arc<App>> {
        self.orgs.insert(org.clone(), Org { key, profile: profile.clone() });
        let mut apps = Vec::new();
        for state in self.apps.values_mut().filter(|state| state.org == key) {
            let app = Arc::new(App { profile: profile.clone(), ..App::clone(&state.app) });
            Rc::make_mut(state).app = Arc::clone(&app);
            apps.push(app);
        }
        apps
    }

    /// An org's key; the org comes to exist when it does not.
    pub(crate) fn org_or_new(&mut self, db: &Connection, org: &OrgId) -> Done<i64> {
        if let Some(key) = self.org(db, org)? {
            return Ok(key);
        }
        db.prepare_cached(sql::ORG_INSERT)?.execute([org.as_str()])?;
        Ok(db.last_insert_rowid())
    }

    /// An org's live app.
    pub(crate) fn resolve(
        &mut self,
        db: &Connection,
        vault: &Vault,
        org: &OrgId,
        reference: &Reference<AppKey>,
    ) -> Done<Option<Rc<AppState>>> {
        let Some(org_key) = self.org(db, org)? else { return Ok(None) };
        match reference {
            Reference::Key(key) => Ok(self.app(db, vault, *key)?.filter(|state| state.org == org_key)),
            Reference::Uid(uid) => {
                if let Some(key) = self.uids.get(&org_key).and_then(|uids| uids.get(uid.as_str())) {
                    return Ok(self.cached(*key));
                }
                let key =
                    one(db, sql::APP_BY_UID, params![org_key, uid], |row| Ok(AppKey::from_raw(row.get(0)?)))?;
                key.map_or(Ok(None), |key| self.app(db, vault, key))
            }
        }
    }

    /// A live app.
    pub(crate) fn app(&mut self, db: &Connection, vault: &Vault, key: AppKey) -> Done<Option<Rc<AppState>>> {
        if let Some(state) = self.cached(key) {
            return Ok(Some(state));
        }
        let found = one(db, sql::APP_BY_KEY, [key.raw()], |row| {
            let org: i64 = row.get(7)?;
            let (id, profile) = one(db, sql::ORG_BY_KEY, [org], |row| {
                let id = OrgId::stored(row.get_ref(0)?.as_str().unwrap_or_default());
                Ok((id, read_profile(row, 1)?))
            })?
            .ok_or_else(|| Fault::corrupt(format!("{key} has no org")))?;
            Ok((read_app(row, &id, &profile)?, org))
        })?;
        let Some((app, org)) = found else { return Ok(None) };
        let (endpoints, damaged) = endpoints_of(db, vault, key)?;
        self.homes.extend(endpoints.keys().chain(damaged.keys()).map(|endpoint| (*endpoint, key)));
        for endpoint in endpoints.values() {
            if let Some(since) = endpoint.failing_since {
                self.failing.insert(endpoint.key, since);
            }
        }
        Ok(Some(self.put(AppState { damaged, ..AppState::new(app, org, endpoints) })))
    }

    fn put(&mut self, state: AppState) -> Rc<AppState> {
        state.used.set(self.batch);
        self.bytes += state.bytes;
        if let Some(uid) = &state.app.uid {
            self.uids.entry(state.org).or_default().insert(uid.as_str().to_owned(), state.app.key);
        }
        let state = Rc::new(state);
        self.apps.insert(state.app.key, Rc::clone(&state));
        state
    }

    /// Takes in an app that was just made.
    pub(crate) fn put_new(&mut self, app: App, org: i64) -> Rc<AppState> {
        self.put(AppState::new(app, org, BTreeMap::new()))
    }

    /// Takes in an app's new words.
    pub(crate) fn replace_app(&mut self, app: &Arc<App>) {
        let Some(state) = self.take(app.key) else { return };
        let state = Rc::unwrap_or_clone(state);
        let bytes = state.bytes - weight::of_app(&state.app) + weight::of_app(app);
        self.put(AppState { app: Arc::clone(app), bytes, ..state });
    }

    /// Takes an app out, with its uid and its bytes.
    fn take(&mut self, key: AppKey) -> Option<Rc<AppState>> {
        let state = self.apps.remove(&key)?;
        self.bytes -= state.bytes;
        if let Some(uid) = &state.app.uid
            && let Some(uids) = self.uids.get_mut(&state.org)
        {
            uids.remove(uid.as_str());
            if uids.is_empty() {
                self.uids.remove(&state.org);
            }
        }
        Some(state)
    }

    /// Forgets an app and its endpoints.
    pub(crate) fn forget(&mut self, key: AppKey) {
        let Some(state) = self.take(key) else { return };
        for endpoint in state.endpoints.keys().chain(state.damaged.keys()) {
            self.homes.remove(endpoint);
            self.failing.remove(endpoint);
        }
    }

    /// The live endpoint and its app.
    pub(crate) fn endpoint(
        &mut self,
        db: &Connection,
        vault: &Vault,
        key: EndpointKey,
    ) -> Done<Option<(Rc<AppState>, Arc<Endpoint>)>> {
        let home = match self.homes.get(&key) {
            Some(home) => Some(*home),
            None => one(db, sql::ENDPOINT_HOME, [key.raw()], |row| Ok(AppKey::from_raw(row.get(0)?)))?,
        };
        let Some(home) = home else { return Ok(None) };
        let Some(state) = self.app(db, vault, home)? else { return Ok(None) };
        if state.damaged.contains_key(&key) {
            return Err(unreadable(key));
        }
        let endpoint = state.endpoints.get(&key).cloned();
        Ok(endpoint.map(|endpoint| (state, endpoint)))
    }

    /// Takes in a new or changed endpoint of a cached app. Drop other handles of the app first: they make this a copy.
    pub(crate) fn put_endpoint(&mut self, endpoint: &Arc<Endpoint>) {
        let Some(state) = self.apps.get_mut(&endpoint.app) else { return };
        let state = Rc::make_mut(state);
        let old = state.endpoints.insert(endpoint.key, Arc::clone(endpoint));
        let (before, after) = (state.bytes, weight::of_endpoint(endpoint));
        state.bytes += after;
        state.bytes -= old.as_ref().map_or(0, |old| weight::of_endpoint(old));
        self.bytes = self.bytes + state.bytes - before;
        let wanted = Subscription::of(endpoint);
        if old.as_deref().and_then(Subscription::of) != wanted {
            state.subscribe(endpoint.key, wanted);
        }
        self.homes.insert(endpoint.key, endpoint.app);
        match endpoint.failing_since {
            Some(since) => self.failing.insert(endpoint.key, since),
            None => self.failing.remove(&endpoint.key),
        };
    }

    /// Gives the endpoints of a client's installs their client's words. Only those that are in memory need it: the others
    /// are read with them.
    pub(crate) fn put_hook(&mut self, client: ClientKey, hook: &Hook) -> Done<()> {
        let is_its = |endpoint: &Endpoint| endpoint.managed_by.is_some_and(|mark| mark.client == client);
        let secrets = hook.secrets()?;
        for state in self.apps.values_mut() {
            if !state.endpoints.values().any(|endpoint| is_its(endpoint)) {
                continue;
            }
            let state = Rc::make_mut(state);
            let before = state.bytes;
            for endpoint in state.endpoints.values_mut().filter(|endpoint| is_its(endpoint)) {
                let endpoint = Arc::make_mut(endpoint);
                state.bytes -= weight::of_endpoint(endpoint);
                hook.endpoint_url().clone_into(&mut endpoint.url);
                hook.name.clone_into(&mut endpoint.name);
                endpoint.secrets.clone_from(&secrets);
                state.bytes += weight::of_endpoint(endpoint);
            }
            self.bytes = self.bytes + state.bytes - before;
        }
        Ok(())
    }

    /// Forgets an endpoint of that app.
    pub(crate) fn remove_endpoint(&mut self, app: AppKey, key: EndpointKey) {
        if let Some(state) = self.apps.get_mut(&app) {
            let state = Rc::make_mut(state);
            let bytes = state.endpoints.remove(&key).map_or(0, |old| weight::of_endpoint(&old));
            state.bytes -= bytes;
            self.bytes -= bytes;
            if state.damaged.remove(&key).is_none() {
                state.subscribe(key, None);
            }
        }
        self.homes.remove(&key);
        self.failing.remove(&key);
    }
}

type Readable = BTreeMap<EndpointKey, Arc<Endpoint>>;
type Damaged = BTreeMap<EndpointKey, Option<Uid>>;

/// An app's live endpoints: those that can be read, and those that can't.
fn endpoints_of(db: &Connection, vault: &Vault, app: AppKey) -> Done<(Readable, Damaged)> {
    let mut damaged = Damaged::new();
    let found = all(db, sql::ENDPOINTS_OF_APP, [app.raw()], |row| match read_endpoint(row, vault) {
        Ok((endpoint, _)) => Ok(Some((endpoint.key, Arc::new(endpoint)))),
        Err(fault) if fault.is_corrupt() => {
            let endpoint: EndpointKey = read_key(row, 0)?;
            let error = fault.into_error();
            tracing::error!(%error, %endpoint, %app, "an endpoint can't be read: it gets no messages");
            damaged.insert(endpoint, text_or_none(row, 2).ok().flatten().map(Uid::stored));
            Ok(None)
        }
        Err(fault) => Err(fault),
    })?;
    Ok((found.into_iter().flatten().collect(), damaged))
}

/// Why nothing is done with an endpoint that can't be read.
pub(crate) fn unreadable(endpoint: EndpointKey) -> Fault {
    Fault::corrupt(format!("the endpoint {endpoint} can't be read"))
}
