//! Writes the records of invocations.

use std::time::Duration;

use hookwire_core::{AppKey, Invocation};
use hookwire_store::{Error, Triggers};

use super::InvokeError;

/// Pauses before each further try to write what came of a call: it was made, so its record must not be lost lightly.
const PAUSES_MS: [u64; 4] = [20, 100, 500, 2_000];

/// Writes that a call is about to be made. If that fails, it is not made.
pub(super) async fn begin(store: &dyn Triggers, record: &Invocation) -> Result<(), InvokeError> {
    store.record_invocations(vec![record.clone()]).await.map_err(|error| failed(record.app, &error))
}

/// Writes what came of a call, and tries that again while the store is away.
pub(super) async fn end(store: &dyn Triggers, record: Invocation) -> Result<(), InvokeError> {
    let mut pauses = PAUSES_MS.into_iter().map(Duration::from_millis);
    loop {
        let Err(error) = store.record_invocations(vec![record.clone()]).await else { return Ok(()) };
        let pause = pauses.next().filter(|_| matches!(error, Error::Unavailable(_)));
        let Some(pause) = pause else { return Err(failed(record.app, &error)) };
        tokio::time::sleep(pause).await;
    }
}

fn failed(app: AppKey, error: &Error) -> InvokeError {
    InvokeError::Failed(format!("a record of an invocation of {app} could not be written: {error}"))
}
