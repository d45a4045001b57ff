//! Requests that are remembered, so that their repeats do no harm.

use std::time::Duration;

use hookwire_core::id::Key;
use hookwire_core::limits::IDEMPOTENCY_WINDOW;
use hookwire_core::{Message, MessageKey, Timestamp};
use hookwire_store::Vault;
use hookwire_store::ingest::{Begun, RequestId, SavedAnswer};

use crate::connection::{Link, params};
use crate::fault::Done;
use crate::migrate::LOCK_SPACE;
use crate::row::{get, read_message, time};
use crate::sql::queue as sql;
use crate::work::Work;

/// A request that began before this and did not end counts as new.
const RUNNING_MAX: Duration = Duration::from_mins(1);

/// What is known of a request.
pub(super) enum Remembered {
    /// Nothing (any more).
    Nothing,
    /// One like it began and has not ended.
    Running,
    /// It made this message.
    Message(Box<Message>),
    /// It made a message that is gone by now.
    Gone(MessageKey),
    /// It was answered so.
    Answer(SavedAnswer),
    /// Its key came with another body.
    OtherBody,
}

/// Looks a request up.
pub(super) async fn recall(
    link: &Link,
    vault: &Vault,
    request: &RequestId,
    now: Timestamp,
) -> Done<Remembered> {
    let Some(row) = link.one(sql::REQUEST_GET, params![&request.key[..]]).await? else {
        return Ok(Remembered::Nothing);
    };
    let (body, age): (&[u8], _) = (get(&row, 0)?, now.since(time(&row, 1)?));
    let (message, status): (Option<i64>, Option<i32>) = (get(&row, 2)?, get(&row, 3)?);
    let unfinished = message.is_none() && status.is_none();
    if age >= IDEMPOTENCY_WINDOW || unfinished && age >= RUNNING_MAX {
        return Ok(Remembered::Nothing);
    }
    if let Some(message) = message {
        return Ok(match link.one(sql::MESSAGE_BY_KEY, params![message]).await? {
            None => Remembered::Gone(MessageKey::from_raw(message)),
            Some(_) if body != request.body => Remembered::OtherBody,
            Some(row) => Remembered::Message(Box::new(read_message(&row, 0, true)?)),
        });
    }
    if body != request.body {
        return Ok(Remembered::OtherBody);
    }
    let Some(status) = status else { return Ok(Remembered::Running) };
    let sealed: Option<&[u8]> = get(&row, 4)?;
    let body = vault.open(sealed.unwrap_or_default(), &row_name(request))?.to_vec();
    Ok(Remembered::Answer(SavedAnswer { status: u16::try_from(status).unwrap_or_default(), body }))
}

/// Forgets a request whose message is gone, unless another has been made meanwhile: it may be made again.
pub(super) async fn forget(link: &Link, request: &RequestId, message: MessageKey) -> Done<()> {
    link.run(sql::REQUEST_REMOVE_OF, params![&request.key[..], message.raw()]).await?;
    Ok(())
}

/// What an answer is sealed for: it may hold a secret, so it is kept as one.
fn row_name(request: &RequestId) -> String {
    format!("request/{:032x}", u128::from_be_bytes(request.key))
}

async fn put(work: &Work, request: &RequestId, now: Timestamp, answer: Option<&SavedAnswer>) -> Done<()> {
    let sealed = answer.map(|answer| work.shared.vault.seal(&answer.body, &row_name(request)));
    let status = answer.map(|answer| i32::from(answer.status));
    let row = params![&request.key[..], &request.body[..], now.micros(), status, sealed];
    work.link().run(sql::REQUEST_PUT, row).await?;
    Ok(())
}

/// `begin_request`. Two that begin together do it one after the other.
pub(super) async fn begin(work: &Work, request: &RequestId, now: Timestamp) -> Done<Begun> {
    let lock = i32::from(request.key[0]) << 16 | i32::from(request.key[1]) << 8 | i32::from(request.key[2]);
    work.link().query(sql::REQUEST_LOCK, params![LOCK_SPACE, lock]).await?;
    Ok(match recall(work.link(), &work.shared.vault, request, now).await? {
        Remembered::Nothing | Remembered::Gone(_) => {
            put(work, request, now, None).await?;
            Begun::Fresh
        }
        Remembered::Running => Begun::Running,
        Remembered::Answer(answer) => Begun::Answered(answer),
        Remembered::OtherBody | Remembered::Message(_) => Begun::OtherBody,
    })
}

/// `finish_request`.
pub(super) async fn finish(
    work: &Work,
    request: &RequestId,
    answer: Option<&SavedAnswer>,
    now: Timestamp,
) -> Done<()> {
    if let Some(answer) = answer {
        return put(work, request, now, Some(answer)).await;
    }
    work.link().run(sql::REQUEST_REMOVE, params![&request.key[..]]).await?;
    Ok(())
}
