//! `Ingest`: accepts messages in batches.

mod batch;
pub(crate) mod doubt;
mod plan;
mod request;

use std::sync::Arc;

use async_trait::async_trait;
use hookwire_core::Timestamp;
use hookwire_store::chooser::{Incoming, Undecided};
use hookwire_store::ingest::{Begun, Ingested, NewMessage, RequestId, SavedAnswer};
use hookwire_store::{Ingest, Result};

pub(crate) use batch::Ingester;

use crate::PostgresStore;
use crate::work::{Work, answered};

/// Times that it is found out beside the writer who wants a message, should the app's endpoints change all the time.
const CHOICES_MAX: usize = 3;

/// What came of a message.
#[expect(
    clippy::large_enum_variant,
    reason = "an undecided message is rare, and the answer is used up at once"
)]
pub(crate) enum Taken {
    Done(Ingested),
    Undecided(Undecided),
}

#[async_trait]
impl Ingest for PostgresStore {
    async fn ingest(&self, message: NewMessage) -> Result<Ingested> {
        let mut incoming = Incoming::new(message);
        let mut choices = 0;
        loop {
            let undecided = match self.writers.ingest(incoming).await? {
                Taken::Done(ingested) => return Ok(ingested),
                Taken::Undecided(undecided) => undecided,
            };
            choices += 1;
            incoming = self.chooser.choose(undecided, choices >= CHOICES_MAX).await?;
        }
    }

    async fn begin_request(&self, request: RequestId, now: Timestamp) -> Result<Begun> {
        let shared = Arc::clone(&self.shared);
        answered(&self.shared, async move {
            let work = Work::begin(&shared).await?;
            let outcome = request::begin(&work, &request, now).await;
            work.end(outcome).await
        })
        .await
    }

    async fn finish_request(
        &self,
        request: RequestId,
        answer: Option<SavedAnswer>,
        now: Timestamp,
    ) -> Result<()> {
        let shared = Arc::clone(&self.shared);
        answered(&self.shared, async move {
            let work = Work::begin(&shared).await?;
            let outcome = request::finish(&work, &request, answer.as_ref(), now).await;
            work.end(outcome).await
        })
        .await
    }
}
