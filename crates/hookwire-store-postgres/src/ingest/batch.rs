//! One transaction for many messages, in one round trip: plan, write, tell.

mod columns;
mod refused;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use futures::future::join3;
use hookwire_core::id::Key as _;
use hookwire_core::{Delivery, EndpointKey, MessageKey, TriggerType};
use hookwire_store::chooser::Incoming;
use hookwire_store::dispatch::Claim;
use hookwire_store::ingest::Ingested;
use hookwire_store::lease::{Lease, Origin};
use hookwire_store::touched::has_limit;
use hookwire_store::{Dispatch, Error};

use super::Taken;
use super::doubt;
use super::plan::{Apart, Plan, Planned, plan};
use crate::connection::Link;
use crate::effects::Effects;
use crate::fault::{Done, Fault, in_time};
use crate::queue::fifo;
use crate::row::key;
use crate::shared::Shared;
use crate::sql::queue as sql;
use crate::work::begin_locked;
use crate::writers::{Ingesting, OwnLink, Reply};
use columns::Columns;

/// Times that a message is planned anew because its app was changed meanwhile.
const TRIES: u32 = 8;

type Question = (Incoming, Reply<Taken>, u32);

/// Accepts batches, on a connection of its own.
pub(crate) struct Ingester {
    shared: Arc<Shared>,
    link: OwnLink,
}

impl Ingester {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let statements = &[sql::INGEST_ALL, sql::INGEST];
        let link = OwnLink::new(Arc::clone(&shared), statements);
        Self { shared, link }
    }

    /// Writes a batch and answers everybody.
    pub(crate) async fn carry_out(&mut self, batch: Vec<Ingesting>) {
        let mut questions: Vec<Question> = batch
            .into_iter()
            .map(|asked| {
                let (incoming, reply) = asked.split();
                (incoming, reply, 0)
            })
            .collect();
        while !questions.is_empty() {
            questions = self.round(questions).await;
        }
    }

    /// One transaction; answers what must be asked again.
    async fn round(&mut self, questions: Vec<Question>) -> Vec<Question> {
        let dispatch = self.shared.attached();
        let link = match self.link.get().await {
            Ok(link) => link,
            Err(fault) => {
                refuse_all(questions, &fault.into_error());
                return Vec::new();
            }
        };
        let Plans { planned, mut again, failed } =
            plan_all(&self.shared, link, dispatch.as_ref(), questions).await;
        if let Some(fault) = failed.filter(Fault::needs_new_connection) {
            self.link.failed(&fault);
            for planned in planned {
                planned.cancel(dispatch.as_ref());
                planned.reply.answer(Err(fault.told()));
            }
            return again;
        }
        if planned.is_empty() {
            return again;
        }
        let started = Instant::now();
        let limit = self.shared.settings.answer_max;
        match in_time(limit, Box::pin(write(&self.shared, link, &planned))).await {
            Ok(written) => {
                self.shared.counters.committed(planned.len(), started.elapsed());
                again.extend(self.tell(dispatch, planned, &written).await);
            }
            Err(fault) => again.extend(self.give_up(dispatch.as_ref(), planned, &fault)),
        }
        again
    }

    /// What is written is handed over and answered; of the others it is found out why they are not.
    async fn tell(
        &mut self,
        dispatch: Option<Arc<dyn Dispatch>>,
        planned: Vec<Planned>,
        written: &Written,
    ) -> Vec<Question> {
        let (accepted, refused): (Vec<_>, Vec<_>) =
            planned.into_iter().partition(|planned| written.has(planned.message.key));
        let (mut effects, ordered) = effects(&self.shared, &accepted);
        if let Err(fault) = self.tell_next(&mut effects, ordered).await {
            self.link.failed(&fault);
            tracing::warn!(error = %fault.into_error(), "endpoints in order will hear a little later of what waits");
        }
        let unwanted = effects.happen(&self.shared, dispatch.as_ref());
        for planned in accepted {
            let (app, deliveries) = (planned.message.app, planned.owed.len() as u32);
            planned.reply.answer(Ok(Taken::Done(Ingested::Accepted { app, deliveries })));
        }
        doubt::free_soon(&self.shared, &unwanted);
        if refused.is_empty() {
            return Vec::new();
        }
        for planned in &refused {
            planned.cancel(dispatch.as_ref());
        }
        let mut again = Vec::new();
        let explained = match self.link.get().await {
            Ok(link) => refused::explain_all(&self.shared, link, refused, &mut again).await,
            Err(fault) => {
                let error = fault.told();
                for planned in refused {
                    planned.reply.answer(Err(error.clone()));
                }
                Err(fault)
            }
        };
        if let Err(fault) = explained {
            self.link.failed(&fault);
        }
        again
    }

    /// Of an endpoint in order it is told what comes first.
    async fn tell_next(&mut self, effects: &mut Effects, ordered: BTreeSet<EndpointKey>) -> Done<()> {
        if ordered.is_empty() {
            return Ok(());
        }
        let limit = self.shared.settings.answer_max;
        let link = self.link.get().await?;
        for endpoint in ordered {
            if let Some(due) = in_time(limit, fifo::next_due(link, endpoint)).await? {
                effects.waiting(endpoint, due);
            }
        }
        Ok(())
    }

    /// The transaction failed.
    fn give_up(
        &mut self,
        dispatch: Option<&Arc<dyn Dispatch>>,
        planned: Vec<Planned>,
        fault: &Fault,
    ) -> Vec<Question> {
        for planned in &planned {
            planned.cancel(dispatch);
        }
        let may_try_again = fault.is_passing() || fault.lacks_partition();
        if fault.lacks_partition() {
            self.shared.days.forget_all();
        }
        if may_try_again && planned.iter().all(|planned| planned.tries < TRIES) {
            return planned.into_iter().map(Planned::again).collect();
        }
        let carrier = self.link.failed(fault);
        if fault.leaves_doubt() {
            tracing::warn!(
                messages = planned.len(),
                "it is not known whether messages were accepted, as the database was lost meanwhile"
            );
            doubt::ingest_lost(&self.shared, leased(&planned), carrier);
        }
        let error = refused::told(fault, planned.len());
        for planned in planned {
            planned.reply.answer(Err(error.clone()));
        }
        Vec::new()
    }
}

fn refuse_all(questions: Vec<Question>, error: &Error) {
    for (_, reply, _) in questions {
        reply.answer(Err(error.clone()));
    }
}

/// What a batch will become.
struct Plans {
    planned: Vec<Planned>,
    /// To be asked again.
    again: Vec<Question>,
    /// What went wrong, if that was more than one app's affair.
    failed: Option<Fault>,
}

async fn plan_all(
    shared: &Arc<Shared>,
    link: &Link,
    dispatch: Option<&Arc<dyn Dispatch>>,
    questions: Vec<Question>,
) -> Plans {
    let (mut all, mut again, mut apart) = (Vec::with_capacity(questions.len()), Vec::new(), Apart::default());
    let mut failed = None;
    for question in questions {
        if let Some((_, error)) = &failed {
            refuse_all(vec![question], error);
            continue;
        }
        let (incoming, reply, tries) = question;
        match plan(shared, link, dispatch, incoming).await {
            Ok(Plan::Write(draft)) if apart.admits(&draft) => all.push(draft.with(reply, tries)),
            Ok(Plan::Write(draft)) => {
                draft.cancel(dispatch);
                again.push(draft.with(reply, tries).again());
            }
            Ok(Plan::Answer(answer)) => reply.answer(Ok(answer)),
            Err(fault) => {
                let error = fault.told();
                reply.answer(Err(error.clone()));
                // What concerns this app alone stops nobody else.
                if matches!(error, Error::Unavailable(_)) {
                    failed = Some((fault, error));
                }
            }
        }
    }
    Plans { planned: all, again, failed: failed.map(|(fault, _)| fault) }
}

/// Which messages were written.
enum Written {
    All,
    These(HashSet<MessageKey>),
}

impl Written {
    fn has(&self, message: MessageKey) -> bool {
        match self {
            Self::All => true,
            Self::These(keys) => keys.contains(&message),
        }
    }
}

/// A batch without names is first tried all at once, in one statement. One with names, or of which that wrote nothing, is
/// written as far as it can be, by statements of a transaction that are on their way together.
async fn write(shared: &Shared, link: &Link, planned: &[Planned]) -> Done<Written> {
    let identity = shared.identity();
    let columns = Columns::of(planned, identity.incarnation);
    shared.days.ensure(link, planned.iter().map(|planned| planned.message.key.raw())).await?;
    if !columns.has_names() && columns.write_all(link, identity).await? {
        return Ok(Written::All);
    }
    let begin = begin_locked(&columns.locks(identity));
    let some = columns.write_some(link, identity);
    let (begun, rows, committed) = join3(link.script(&begin), some, link.script("COMMIT")).await;
    begun?;
    let rows = rows?;
    committed?;
    Ok(Written::These(rows.iter().map(|row| key(row, 0)).collect::<Done<_>>()?))
}

/// What follows, and endpoints in order that something waits for.
fn effects(shared: &Shared, accepted: &[Planned]) -> (Effects, BTreeSet<EndpointKey>) {
    let (mut effects, mut ordered) = (Effects::default(), BTreeSet::new());
    let (limits, mut touched) = (shared.limits(), HashMap::new());
    for planned in accepted {
        let message = &planned.message;
        for (endpoint, taken) in &planned.owed {
            if has_limit(endpoint, &planned.state.app, &limits) {
                touched.entry(endpoint.key).or_insert(i64::MAX);
            }
            if *taken {
                let lease = Lease { until: planned.lease_until, origin: Origin::Ingest };
                effects.lease(endpoint.key, message.key, lease);
                effects.claims.push(Claim {
                    delivery: Delivery {
                        message: message.key,
                        endpoint: endpoint.key,
                        app: message.app,
                        attempts: 0,
                        trigger: TriggerType::Scheduled,
                        resume_at: None,
                        fence: 1,
                        lease_until: planned.lease_until,
                    },
                    message: Arc::clone(message),
                    endpoint: Arc::clone(endpoint),
                    app: Arc::clone(&planned.state.app),
                });
            } else if fifo::is_fifo(endpoint) {
                ordered.insert(endpoint.key);
            } else {
                effects.waiting(endpoint.key, message.due());
            }
        }
    }
    shared.touched(touched, false);
    (effects, ordered)
}

/// What a transaction leases, if it comes about.
fn leased(planned: &[Planned]) -> impl Iterator<Item = (EndpointKey, MessageKey)> {
    planned.iter().flat_map(|planned| {
        let taken = planned.owed.iter().filter(|(_, taken)| *taken);
        taken.map(|(endpoint, _)| (endpoint.key, planned.message.key))
    })
}
