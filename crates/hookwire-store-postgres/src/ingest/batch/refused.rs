//! Why a message was not written, in the order in which its caller should hear of it.

use hookwire_core::id::Key;
use hookwire_store::Error;
use hookwire_store::ingest::Ingested;
use tokio_postgres::error::SqlState;

use super::super::Taken;
use super::super::plan::Planned;
use super::super::request::{Remembered, forget, recall};
use super::{Question, TRIES};
use crate::connection::{Link, params};
use crate::fault::{Done, Fault, in_time};
use crate::row::key;
use crate::shared::Shared;
use crate::sql::queue as sql;

/// What becomes of one.
#[expect(clippy::large_enum_variant, reason = "refusals are rare, and the answer is used up at once")]
enum Why {
    Answer(Taken),
    /// Nothing is in its way any more, or its app is another by now.
    Again,
}

/// Answers those of which it is known; the others are to be asked again. When the connection fails, it fails for all that
/// are left.
pub(super) async fn explain_all(
    shared: &Shared,
    link: &Link,
    refused: Vec<Planned>,
    again: &mut Vec<Question>,
) -> Done<()> {
    let mut lost = None;
    for planned in refused {
        if let Some(fault) = &lost {
            planned.reply.answer(Err(Fault::told(fault)));
            continue;
        }
        match in_time(shared.settings.answer_max, explain(shared, link, &planned)).await {
            Ok(Why::Answer(answer)) => planned.reply.answer(Ok(answer)),
            Ok(Why::Again) if planned.tries < TRIES => again.push(planned.again()),
            Ok(Why::Again) => {
                let why = "the application is being changed all the time".to_owned();
                planned.reply.answer(Err(Error::Unavailable(why)));
            }
            Err(fault) => {
                planned.reply.answer(Err(fault.told()));
                lost = fault.needs_new_connection().then_some(fault);
            }
        }
    }
    lost.map_or(Ok(()), Err)
}

async fn explain(shared: &Shared, link: &Link, planned: &Planned) -> Done<Why> {
    let identity = shared.identity();
    let lives = link.one(sql::NODE_LIVES, params![identity.number as i16, identity.incarnation]).await?;
    if lives.is_none() {
        return Err(Fault::unavailable("this node was taken for dead and begins anew"));
    }
    let (message, state) = (&planned.message, &planned.state);
    if !shared.cache.is_current(link, &shared.vault, (message.app, state.version)).await? {
        return Ok(Why::Again);
    }
    if let Some(request) = &planned.request {
        match recall(link, &shared.vault, request, message.created).await? {
            Remembered::OtherBody | Remembered::Answer(_) => {
                return Ok(Why::Answer(Taken::Done(Ingested::OtherBody)));
            }
            Remembered::Message(first) => return Ok(Why::Answer(Taken::Done(Ingested::Repeated(first)))),
            Remembered::Gone(first) => forget(link, request, first).await?,
            Remembered::Nothing | Remembered::Running => {}
        }
    }
    if let Some(id) = &message.event_id
        && let Some(row) = link.one(sql::MESSAGE_BY_EVENT_ID, params![message.app.raw(), id.as_str()]).await?
    {
        return Ok(Why::Answer(Taken::Done(Ingested::EventIdTaken(key(&row, 0)?))));
    }
    Ok(Why::Again)
}

/// What the callers of a transaction of so many messages hear.
pub(super) fn told(fault: &Fault, messages: usize) -> Error {
    if fault.leaves_doubt()
        && let Error::Unavailable(why) = fault.told()
    {
        return Error::Unavailable(format!("{why}; whether the message was accepted is not known"));
    }
    let Fault::Broken(error) = fault else { return fault.told() };
    if error.code() == Some(&SqlState::UNIQUE_VIOLATION) {
        return if messages == 1 {
            Error::Internal("its key is another message's".to_owned())
        } else {
            Error::Unavailable("another write of the same transaction failed".to_owned())
        };
    }
    fault.told()
}
