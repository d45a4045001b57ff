//! Name resolution by the system's resolver, with a bound on how many lookups run.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};
use tokio::sync::Semaphore;

/// What a lookup gave: all addresses in the resolver's order, or why there are none.
type Answer = Result<Arc<[IpAddr]>, Arc<io::Error>>;
type Lookup = BoxFuture<'static, Answer>;

/// Above this many remembered lookups, finished ones are forgotten.
const REMEMBERED_MAX: usize = 256;

/// Resolves names in a bounded number of blocking threads. Requests for a name that is being looked up share the answer,
/// so that one name whose servers are dead holds one thread, however many requests wait for it. Nothing is cached.
pub(crate) struct Resolver {
    slots: Arc<Semaphore>,
    under_way: Mutex<HashMap<Box<str>, WeakShared<Lookup>>>,
}

impl Resolver {
    pub(crate) fn new(lookups_max: usize) -> Self {
        Self { slots: Arc::new(Semaphore::new(lookups_max.max(1))), under_way: Mutex::default() }
    }

    /// The addresses of `name`. Dropping the future gives up, though the thread keeps its slot until the system answers.
    pub(crate) async fn lookup(&self, name: &str) -> Answer {
        self.shared(name).await
    }

    fn shared(&self, name: &str) -> Shared<Lookup> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lookup) = under_way.get(name).and_then(WeakShared::upgrade)
            && lookup.peek().is_none()
        {
            return lookup;
        }
        if under_way.len() >= REMEMBERED_MAX {
            under_way.retain(|_, lookup| lookup.upgrade().is_some_and(|lookup| lookup.peek().is_none()));
        }
        let lookup = system_lookup(Arc::clone(&self.slots), name.to_owned()).boxed().shared();
        if let Some(weak) = lookup.downgrade() {
            under_way.insert(name.into(), weak);
        }
        lookup
    }
}

async fn system_lookup(slots: Arc<Semaphore>, name: String) -> Answer {
    let slot = slots.acquire_owned().await.map_err(|_| Arc::new(io::Error::other("shutting down")))?;
    let looked_up = tokio::task::spawn_blocking(move || {
        let _slot = slot;
        (name.as_str(), 0).to_socket_addrs().map(|found| found.map(|address| address.ip()).collect())
    });
    looked_up.await.map_err(io::Error::other).flatten().map_err(Arc::new)
}
