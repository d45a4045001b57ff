//! `claim`: leases due deliveries of one endpoint, in one round trip.

use std::sync::Arc;

use futures::future::join5;
use hookwire_core::id::Key;
use hookwire_core::{Delivery, Endpoint, EventTypeName, Message, MessageKey, Reference, TriggerType};
use hookwire_store::dispatch::Claim;
use hookwire_store::lease::{Lease, Origin};
use hookwire_store::queue::{ClaimRequest, Claimed};
use tokio_postgres::Row;

use super::fifo::{self, First};
use super::throttle::{self, Rates};
use crate::cache::AppState;
use crate::connection::params;
use crate::effects::Effects;
use crate::fault::{Done, Fault};
use crate::ingest::doubt;
use crate::migrate::LOCK_SPACE;
use crate::pool::Pooled;
use crate::row::{get, key, read_message, small, time, time_or_none};
use crate::shared::{Identity, Shared};
use crate::sql::queue as sql;
use crate::work::{begin_locked, leasing_locks};

/// Times that a claim is tried again because the app was changed, or because somebody was in the way.
const TRIES: usize = 5;

/// A claim under way.
struct Claiming<'a> {
    shared: &'a Arc<Shared>,
    request: &'a ClaimRequest,
    identity: Identity,
    state: Arc<AppState>,
    endpoint: Arc<Endpoint>,
}

/// Leases deliveries that are due.
pub(crate) async fn claim(shared: &Arc<Shared>, request: &ClaimRequest) -> Done<Claimed> {
    let mut link = shared.pool.take().await?;
    let mut passing = None;
    for _ in 0..TRIES {
        let Some(state) = shared.cache.home(&link, &shared.vault, request.endpoint).await? else {
            return Ok(Claimed::default());
        };
        let found = state.endpoint(&Reference::Key(request.endpoint)).cloned();
        let version = (state.app.key, state.version);
        let endpoint = found.filter(|endpoint| !endpoint.disabled);
        let Some(endpoint) = endpoint else {
            // It may have been turned on elsewhere a moment ago.
            if shared.cache.is_current(&link, &shared.vault, version).await? {
                return Ok(Claimed::default());
            }
            continue;
        };
        let claiming = Claiming { shared, request, identity: shared.identity(), state, endpoint };
        match claiming.transaction(&mut link).await {
            Ok(Some(claimed)) if claiming.identity == shared.identity() => return Ok(claimed),
            // The life under which it was leased has ended: others have it by now.
            Ok(Some(_)) => return Ok(Claimed::default()),
            Ok(None) => drop(shared.cache.load(&link, &shared.vault, version.0).await?),
            Err(fault) if fault.is_passing() => passing = Some(fault),
            Err(fault) => {
                if fault.leaves_doubt() {
                    doubt::claim_lost(shared, claiming.identity, request);
                }
                return Err(fault);
            }
        }
    }
    Err(passing.unwrap_or_else(|| Fault::unavailable("the application is being changed")))
}

impl Claiming<'_> {
    /// `None`: the app is not as it is remembered.
    async fn transaction(&self, link: &mut Pooled) -> Done<Option<Claimed>> {
        let is_throttled =
            !self.shared.bell.is_alone() && !Rates::of(&self.state.app, &self.endpoint).is_free();
        link.soil();
        let done = if is_throttled || fifo::is_fifo(&self.endpoint) {
            self.step_by_step(link).await
        } else {
            self.at_once(link).await
        };
        if done.is_err() && link.script("ROLLBACK").await.is_err() {
            return done;
        }
        link.clean();
        if let Err(fault) = &done {
            link.failed(fault);
        }
        done
    }

    /// The usual way: everything in one round trip.
    async fn at_once(&self, link: &Pooled) -> Done<Option<Claimed>> {
        link.ready(&[sql::CLAIM, sql::NEXT_DUE, sql::APP_VERSIONS]).await?;
        let (begin, app) = (begin_locked(&self.locks()), vec![self.state.app.key.raw()]);
        let endpoint = self.request.endpoint.raw();
        let claim = self.claim_params();
        let (owed, app) = (params![endpoint], params![app]);
        let (begun, claimed, next, version, committed) = join5(
            link.script(&begin),
            claim.query(link),
            link.one(sql::NEXT_DUE, owed),
            link.one(sql::APP_VERSIONS, app),
            link.script("COMMIT"),
        )
        .await;
        begun?;
        let (rows, next, version) = (claimed?, next?, version?);
        committed?;
        self.note(&rows, next.as_ref(), version.as_ref())
    }

    fn locks(&self) -> Vec<i32> {
        leasing_locks(self.identity, std::iter::once(self.state.app.key))
    }

    fn claim_params(&self) -> ClaimParams {
        let limit = i64::from(self.request.limit);
        ClaimParams {
            endpoint: self.request.endpoint.raw(),
            now: self.request.now.micros(),
            limit,
            bytes_max: i64::try_from(self.request.bytes_max).unwrap_or(i64::MAX),
            incarnation: self.identity.incarnation,
            hints: self.hints(),
            lease_until: self.request.lease_until.micros(),
            number: self.identity.number as i16,
            app: self.state.app.key.raw(),
            version: self.state.version,
        }
    }

    /// Messages whose leases have ended, as this node remembers.
    fn hints(&self) -> Vec<i64> {
        let expired = self.shared.leases().expired(self.request.endpoint, self.request.now);
        expired.into_iter().map(Key::raw).take(self.request.limit as usize).collect()
    }

    /// Where one thing must be known before the next: throttles, and first in first out.
    async fn step_by_step(&self, link: &Pooled) -> Done<Option<Claimed>> {
        link.script(&begin_locked(&self.locks())).await?;
        let endpoint = self.request.endpoint.raw();
        if fifo::is_fifo(&self.endpoint) {
            link.query(sql::FIFO_LOCK, params![LOCK_SPACE, endpoint]).await?;
        }
        let rates =
            if self.shared.bell.is_alone() { None } else { Some(Rates::of(&self.state.app, &self.endpoint)) };
        let limit = self.request.limit;
        let allowed = match rates.filter(|rates| !rates.is_free()) {
            Some(rates) => Some(throttle::allowed(link, &rates, limit, self.request.now).await?),
            None => None,
        };
        let limit = allowed.as_ref().map_or(limit, |allowed| allowed.count);
        let claimed = if fifo::is_fifo(&self.endpoint) {
            self.head(link, limit).await?
        } else {
            let claim = ClaimParams { limit: i64::from(limit), ..self.claim_params() };
            let rows = claim.query(link).await?;
            let next = link.one(sql::NEXT_DUE, params![endpoint]).await?;
            let version = link.one(sql::APP_VERSIONS, params![vec![self.state.app.key.raw()]]).await?;
            self.read(&rows, next.as_ref(), version.as_ref())?
        };
        let Some((mut claimed, effects)) = claimed else {
            link.script("ROLLBACK").await?;
            return Ok(None);
        };
        if let Some(allowed) = &allowed {
            throttle::used(link, allowed, claimed.claims.len()).await?;
            if claimed.claims.len() >= limit as usize {
                claimed.next_due = claimed.next_due.map(|due| due.max(allowed.next));
            }
        }
        link.script("COMMIT").await?;
        effects.happen(self.shared, None);
        Ok(Some(claimed))
    }

    /// Leases the endpoint's head when it is due, or makes one.
    async fn head(&self, link: &Pooled, limit: u32) -> Done<Option<(Claimed, Effects)>> {
        let endpoint = self.request.endpoint.raw();
        let next_due = match fifo::first(link, self.request.endpoint, Some(self.request.now)).await? {
            First::Waits(message, due) if due <= self.request.now && limit > 0 => {
                let (raw, until) = (message.raw(), self.request.lease_until.micros());
                let (Identity { number, incarnation }, app) = (self.identity, self.state.app.key.raw());
                let version = self.state.version;
                let claim = params![endpoint, raw, incarnation, until, number as i16, app, version];
                let rows = link.query(sql::CLAIM_ONE, claim).await?;
                let version = link.one(sql::APP_VERSIONS, params![vec![self.state.app.key.raw()]]).await?;
                let read = self.read(&rows, None, version.as_ref())?;
                if !rows.is_empty() {
                    link.run(sql::FIFO_HEAD_PUT, params![endpoint, message.raw()]).await?;
                }
                return Ok(read);
            }
            First::Waits(_, due) => Some(due),
            First::UnderWay | First::Nothing => None,
        };
        Ok(Some((Claimed { claims: Vec::new(), next_due }, Effects::default())))
    }

    fn note(&self, rows: &[Row], next: Option<&Row>, version: Option<&Row>) -> Done<Option<Claimed>> {
        let Some((claimed, effects)) = self.read(rows, next, version)? else { return Ok(None) };
        effects.happen(self.shared, None);
        Ok(Some(claimed))
    }

    /// What was leased; `None` when nothing was, as the app is another by now. What was leased counts also if it became
    /// another right after that.
    fn read(
        &self,
        rows: &[Row],
        next: Option<&Row>,
        version: Option<&Row>,
    ) -> Done<Option<(Claimed, Effects)>> {
        let version = version.map_or(Ok(0), |row| get::<i64>(row, 1))?;
        if rows.is_empty() && version != self.state.version {
            return Ok(None);
        }
        let mut effects = Effects::default();
        let mut claims = Vec::new();
        for row in rows {
            let claim = self.read_claim(row)?;
            let lease = Lease { until: claim.delivery.lease_until, origin: Origin::Claim };
            effects.lease(claim.delivery.endpoint, claim.delivery.message, lease);
            claims.push(claim);
        }
        let next_due = next.map_or(Ok(None), |row| time(row, 0).map(Some))?;
        Ok(Some((Claimed { claims, next_due }, effects)))
    }

    fn read_claim(&self, row: &Row) -> Done<Claim> {
        let key: MessageKey = key(row, 0)?;
        let delivery = Delivery {
            message: key,
            endpoint: self.request.endpoint,
            app: self.state.app.key,
            attempts: small(row, 2)?,
            trigger: TriggerType::from_code(get::<i16>(row, 3)?.into()),
            resume_at: time_or_none(row, 4)?,
            fence: get(row, 5)?,
            lease_until: self.request.lease_until,
        };
        let message = match get::<Option<i64>>(row, 6)? {
            Some(_) => read_message(row, 6, true)?,
            None => name_of(key, &self.endpoint),
        };
        let (endpoint, app) = (Arc::clone(&self.endpoint), Arc::clone(&self.state.app));
        Ok(Claim { delivery, message: Arc::new(message), endpoint, app })
    }
}

/// What is left of a message that retention has removed: a name without a payload.
fn name_of(key: MessageKey, endpoint: &Endpoint) -> Message {
    Message {
        key,
        app: endpoint.app,
        event_type: EventTypeName::stored(""),
        event_id: None,
        channels: Vec::new(),
        tags: Vec::new(),
        payload: None,
        created: key.created(),
        deliver_at: None,
        payload_expires: key.created(),
    }
}

struct ClaimParams {
    endpoint: i64,
    now: i64,
    limit: i64,
    bytes_max: i64,
    incarnation: i64,
    hints: Vec<i64>,
    lease_until: i64,
    number: i16,
    app: i64,
    version: i64,
}

impl ClaimParams {
    async fn query(&self, link: &Pooled) -> Result<Vec<Row>, tokio_postgres::Error> {
        let params = params![
            self.endpoint,
            self.now,
            self.limit,
            self.bytes_max,
            self.incarnation,
            self.hints,
            self.lease_until,
            self.number,
            self.app,
            self.version,
        ];
        link.query(sql::CLAIM, params).await
    }
}
