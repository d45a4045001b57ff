//! How a delivery or an attempt stands, as numbers and words of the wire.

use hookwire_core::{AttemptStatus, DeliveryState};
use hookwire_store::history::DeliveryStatus;
use serde::Serialize;
use utoipa::ToSchema;

/// A status as a number and as a word, which always say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::v1) struct Standing {
    /// 0 success, 1 pending, 2 fail, 3 sending, 4 canceled.
    status: u8,
    /// The same as a word.
    status_text: &'static str,
}

impl Standing {
    const fn new(status: u8, status_text: &'static str) -> Self {
        Self { status, status_text }
    }

    /// Of an attempt.
    pub(in crate::v1) const fn of_attempt(status: AttemptStatus) -> Self {
        match status {
            AttemptStatus::Succeeded => Self::new(0, "success"),
            AttemptStatus::Failed => Self::new(2, "fail"),
        }
    }

    /// Of a delivery.
    pub(in crate::v1) const fn of_delivery(status: &DeliveryStatus) -> Self {
        match status.state {
            DeliveryState::Delivered => Self::new(0, "success"),
            DeliveryState::Pending if status.attempts == 0 => Self::new(1, "pending"),
            DeliveryState::Pending => Self::new(3, "sending"),
            DeliveryState::Exhausted => Self::new(2, "fail"),
            DeliveryState::Canceled => Self::new(4, "canceled"),
        }
    }
}
