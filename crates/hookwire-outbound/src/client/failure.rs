//! Turns hyper's errors into a class and a sentence.

use std::error::Error;
use std::io;
use std::time::Duration;

use hookwire_core::outcome::ErrorClass;

use crate::exchange::Failure;
use crate::phases::Phases;
use crate::tls;

/// The deadline passed before the headers came.
pub(super) fn of_deadline(limit: Duration, phases: &Phases) -> Failure {
    let Some(phase) = phases.under_way() else {
        return Failure::new(ErrorClass::Timeout, format!("The receiver did not answer within {limit:?}."));
    };
    let detail = format!("{} was not done when the time limit of {limit:?} was over.", phase.subject());
    Failure::new(ErrorClass::Timeout, detail).blamed_on(phase.fault())
}

/// A failure on a connection that was made.
pub(super) fn of_exchange(error: &hyper::Error) -> Failure {
    let io = in_chain::<io::Error>(error);
    if let Some(reason) = io.and_then(tls::reason) {
        return Failure::new(ErrorClass::Tls, reason);
    }
    if error.is_parse_too_large() {
        return of_large_headers();
    }
    let detail = if error.is_parse_status() {
        "The answer has no valid status."
    } else if error.is_parse() {
        "The answer is not valid HTTP."
    } else if error.is_incomplete_message() {
        "The receiver closed the connection before its answer was complete."
    } else if error.is_timeout() {
        "The receiver's HTTP/2 connection no longer responds."
    } else {
        match io.map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionReset) => "The receiver reset the connection.",
            Some(io::ErrorKind::BrokenPipe) => {
                "The receiver closed the connection before it took the request."
            }
            Some(io::ErrorKind::UnexpectedEof) => {
                "The receiver closed the connection in the middle of its answer."
            }
            _ => {
                return Failure::new(
                    ErrorClass::Protocol,
                    format!("The exchange broke off: {}.", innermost(error)),
                );
            }
        }
    };
    Failure::new(ErrorClass::Protocol, detail)
}

/// The answer has more headers than are taken.
pub(super) fn of_large_headers() -> Failure {
    Failure::new(ErrorClass::Protocol, "The headers of the answer are too large.")
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn in_chain<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).find_map(|error| error.downcast_ref::<T>())
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}
