//! Apps with their endpoints as the writer keeps them in memory. It is the only one that changes them, so this is exact.

mod changes;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use hookwire_core::id::Key;
use hookwire_core::subscription::{Subscription, Subscriptions};
use hookwire_core::{
    App, AppKey, ClientKey, Endpoint, EndpointKey, OrgId, ProfileName, Reference, Timestamp,
};
use hookwire_store::Vault;
use rusqlite::{Connection, params};

use crate::fault::{Done, Fault};
use crate::row::oauth::Hook;
use crate::row::{all, one, read_app, read_endpoint, read_profile};
use crate::sql::catalog as sql;
use changes::Changes;

/// Endpoints and apps kept in memory before everything is dropped and loaded anew.
const WEIGHT_MAX: usize = 20_000;

/// A live app and its live endpoints.
#[derive(Debug, Clone)]
pub(crate) struct AppState {
    pub(crate) app: Arc<App>,
    /// The key of its org.
    pub(crate) org: i64,
    pub(crate) endpoints: BTreeMap<EndpointKey, Arc<Endpoint>>,
    subscriptions: OnceCell<Arc<Subscriptions>>,
    changes: Changes,
}

impl AppState {
    fn new(app: App, org: i64, endpoints: BTreeMap<EndpointKey, Arc<Endpoint>>) -> Self {
        Self { app: Arc::new(app), org, endpoints, subscriptions: OnceCell::new(), changes: Changes::new() }
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
}

impl Cache {
    /// Drops everything when it has become too much. Only between transactions.
    pub(crate) fn trim(&mut self) {
        if self.homes.len() + self.apps.len() > WEIGHT_MAX || self.orgs.len() > WEIGHT_MAX {
            *self = Self::default();
        }
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
                    return Ok(self.apps.get(key).cloned());
                }
                let key =
                    one(db, sql::APP_BY_UID, params![org_key, uid], |row| Ok(AppKey::from_raw(row.get(0)?)))?;
                key.map_or(Ok(None), |key| self.app(db, vault, key))
            }
        }
    }

    /// A live app.
    pub(crate) fn app(&mut self, db: &Connection, vault: &Vault, key: AppKey) -> Done<Option<Rc<AppState>>> {
        if let Some(state) = self.apps.get(&key) {
            return Ok(Some(Rc::clone(state)));
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
        let endpoints = all(db, sql::ENDPOINTS_OF_APP, [key.raw()], |row| Ok(read_endpoint(row, vault)?.0))?;
        for endpoint in &endpoints {
            self.homes.insert(endpoint.key, key);
            if let Some(since) = endpoint.failing_since {
                self.failing.insert(endpoint.key, since);
            }
        }
        let endpoints = endpoints.into_iter().map(|endpoint| (endpoint.key, Arc::new(endpoint))).collect();
        Ok(Some(self.put(AppState::new(app, org, endpoints))))
    }

    fn put(&mut self, state: AppState) -> Rc<AppState> {
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
        let Some(state) = self.apps.remove(&app.key) else { return };
        if let Some(old) = &state.app.uid {
            self.uids.get_mut(&state.org).map(|uids| uids.remove(old.as_str()));
        }
        let state = Rc::unwrap_or_clone(state);
        self.put(AppState { app: Arc::clone(app), ..state });
    }

    /// Forgets an app and its endpoints.
    pub(crate) fn forget(&mut self, key: AppKey) {
        let Some(state) = self.apps.remove(&key) else { return };
        if let Some(uid) = &state.app.uid {
            self.uids.get_mut(&state.org).map(|uids| uids.remove(uid.as_str()));
        }
        for endpoint in state.endpoints.keys() {
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
        let endpoint = state.endpoints.get(&key).cloned();
        Ok(endpoint.map(|endpoint| (state, endpoint)))
    }

    /// Takes in a new or changed endpoint of a cached app. Drop other handles of the app first: they make this a copy.
    pub(crate) fn put_endpoint(&mut self, endpoint: &Arc<Endpoint>) {
        let Some(state) = self.apps.get_mut(&endpoint.app) else { return };
        let state = Rc::make_mut(state);
        let old = state.endpoints.insert(endpoint.key, Arc::clone(endpoint));
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
            for endpoint in Rc::make_mut(state).endpoints.values_mut().filter(|endpoint| is_its(endpoint)) {
                let endpoint = Arc::make_mut(endpoint);
                hook.endpoint_url().clone_into(&mut endpoint.url);
                hook.name.clone_into(&mut endpoint.name);
                endpoint.secrets.clone_from(&secrets);
            }
        }
        Ok(())
    }

    /// Forgets an endpoint.
    pub(crate) fn remove_endpoint(&mut self, endpoint: &Endpoint) {
        if let Some(state) = self.apps.get_mut(&endpoint.app) {
            let state = Rc::make_mut(state);
            state.endpoints.remove(&endpoint.key);
            state.subscribe(endpoint.key, None);
        }
        self.homes.remove(&endpoint.key);
        self.failing.remove(&endpoint.key);
    }
}
