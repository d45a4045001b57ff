//! Background tasks: how far the work is that a request started.

use axum::Json;
use axum::extract::State;
use hookwire_core::TaskKey;
use hookwire_core::id::Key;
use hookwire_core::task::{Task, TaskKind, TaskStatus};
use hookwire_store::Order;
use hookwire_store::upkeep::TaskFilter;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::caller::OrgCaller;
use crate::operation::{ORDER, Operation, PAGE, Param, ParamKind, get, only};
use crate::page::ListOf;
use crate::path::Path;
use crate::problem::Problem;
use crate::query::Params;

const STATUS: &[Param] = &only("status", ParamKind::Text, "Only those that are running, finished or failed.");
const KIND: &[Param] = &only("task", ParamKind::Text, "Only tasks of this kind.");

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get("background_task.list", "/background-task", list)
            .says("List background tasks")
            .params(&[STATUS, KIND, PAGE, ORDER])
            .lists::<BackgroundTaskOut>(),
        get("background_task.get", "/background-task/{task_id}", one)
            .says("Get a background task")
            .answers::<BackgroundTaskOut>(200),
    ]
}

/// A background task with its data.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BackgroundTaskOut {
    #[serde(flatten)]
    started: TaskOut,
    /// What it works on.
    data: TaskData,
}

/// What a task works on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TaskData {
    /// The application.
    app_id: String,
    /// The endpoint.
    endpoint_id: String,
    /// Messages since then.
    since: String,
    /// Messages until then.
    until: String,
    /// Deliveries queued so far.
    queued: u64,
}

/// A background task as the request that starts it is answered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaskOut {
    /// Its id.
    id: String,
    /// `running`, `finished` or `failed`.
    status: &'static str,
    /// What it does, for example `endpoint.recover`.
    task: &'static str,
    /// When it last moved.
    updated_at: String,
}

impl From<&Task> for TaskOut {
    fn from(task: &Task) -> Self {
        Self {
            id: task.key.public(),
            status: task.status.name(),
            task: task.kind.name(),
            updated_at: task.updated.to_rfc3339(),
        }
    }
}

impl From<Task> for BackgroundTaskOut {
    fn from(task: Task) -> Self {
        let data = TaskData {
            app_id: task.app.public(),
            endpoint_id: task.endpoint.public(),
            since: task.since.to_rfc3339(),
            until: task.until.to_rfc3339(),
            queued: task.queued,
        };
        Self { started: TaskOut::from(&task), data }
    }
}

async fn list(
    State(api): State<Api>,
    caller: OrgCaller,
    params: Params,
) -> Result<Json<ListOf<BackgroundTaskOut>>, Problem> {
    let page = params.page::<TaskKey>(Order::Descending)?;
    let status = params.get("status").map(|name| {
        let unknown = || Problem::invalid(&["query", "status"], "must be running, finished or failed");
        TaskStatus::from_name(name).ok_or_else(unknown)
    });
    let status = status.transpose()?;
    let kind = params.get("task").map(TaskKind::from_name);
    if kind == Some(None) {
        // Clients know kinds of tasks that this server has none of.
        return Ok(Json(ListOf::empty()));
    }
    let filter = TaskFilter { status, kind: kind.flatten() };
    let tasks = api.store.tasks(caller.org(), filter, page).await?;
    Ok(Json(ListOf::of_keys(page, tasks, |task| task.key, BackgroundTaskOut::from)))
}

async fn one(
    State(api): State<Api>,
    caller: OrgCaller,
    Path(task): Path<String>,
) -> Result<Json<BackgroundTaskOut>, Problem> {
    let key = TaskKey::parse(&task).ok_or_else(Problem::absent)?;
    let found = api.store.task(caller.org(), key).await?;
    found.map(|task| Json(task.into())).ok_or_else(Problem::absent)
}
