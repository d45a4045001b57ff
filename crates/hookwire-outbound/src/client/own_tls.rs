//! Connections for endpoints with TLS settings of their own: a pool for each distinct setting, of the latest ones.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use hookwire_core::rules::Tls;

use super::Connections;
use crate::tls::TlsProblem;

/// Distinct settings that are remembered. One costs some ten KiB, and its idle connections.
const SETTINGS_MAX: usize = 512;

/// Pools by settings. The one that was not asked for the longest makes room for a new one; what is in use lives on.
#[derive(Default)]
pub(super) struct OwnTls(Mutex<Pools>);

#[derive(Default)]
struct Pools {
    by_settings: HashMap<Key, Pool>,
    asked: u64,
}

struct Pool {
    connections: Connections,
    /// The number of the question that asked for it last.
    asked: u64,
}

#[derive(PartialEq, Eq)]
struct Key(Tls);

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Tls { ca_pem, client_cert_pem, client_key_pem } = &self.0;
        ca_pem.hash(state);
        client_cert_pem.hash(state);
        client_key_pem.as_deref().hash(state);
    }
}

impl OwnTls {
    /// The pool for these settings, made when there is none.
    pub(super) fn get_or_make(
        &self,
        tls: &Tls,
        make: impl FnOnce() -> Result<Connections, TlsProblem>,
    ) -> Result<Connections, TlsProblem> {
        let key = Key(tls.clone());
        if let Some(known) = self.lock().get(&key) {
            return Ok(known);
        }
        // Keys are read outside of the lock. Should two do so at once, both get the pool of the first.
        let fresh = make()?;
        Ok(self.lock().insert(key, fresh))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Pools> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pools {
    fn get(&mut self, key: &Key) -> Option<Connections> {
        self.asked += 1;
        let pool = self.by_settings.get_mut(key)?;
        pool.asked = self.asked;
        Some(pool.connections.clone())
    }

    fn insert(&mut self, key: Key, connections: Connections) -> Connections {
        if let Some(known) = self.get(&key) {
            return known;
        }
        if self.by_settings.len() >= SETTINGS_MAX
            && let Some(oldest) = self.by_settings.values().map(|pool| pool.asked).min()
        {
            self.by_settings.retain(|_, pool| pool.asked != oldest);
        }
        self.by_settings.insert(key, Pool { connections: connections.clone(), asked: self.asked });
        connections
    }
}

#[cfg(test)]
mod tests;
