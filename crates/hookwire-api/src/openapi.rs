//! The OpenAPI document, made from the same table of operations that the router is made from.

use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, Paths};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{
    ArrayBuilder, Components, KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type,
};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required};
use utoipa::{PartialSchema as _, ToSchema};

use crate::operation::{Access, Operation, Param, ParamKind, Shape};
use crate::problem::{ErrorBody, ValidationBody};
use crate::v1;

/// Where the API is served.
pub(crate) const BASE: &str = "/api/v1";

/// The API's description as OpenAPI 3.1.
pub fn openapi() -> OpenApi {
    let mut paths = Paths::new();
    let mut components = Components::new();
    add::<ErrorBody>(&mut components);
    add::<ValidationBody>(&mut components);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    for operation in v1::operations().into_iter().filter(|operation| !operation.hidden) {
        collect(&operation, &mut components);
        let path = format!("{BASE}{}", operation.path);
        let method = operation.method.clone();
        paths.add_path_operation(path, vec![method], described(&operation));
    }
    let info = InfoBuilder::new()
        .title("Hookwire")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Accepts events and delivers them as webhooks: signed, retried, and logged."))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    OpenApiBuilder::new().info(info).paths(paths).components(Some(components)).build()
}

fn add<T: ToSchema>(components: &mut Components) {
    let mut others = Vec::new();
    T::schemas(&mut others);
    components.schemas.extend(others);
    components.schemas.insert(T::name().into_owned(), T::schema());
}

/// Puts every schema that the operation speaks of beside the others.
fn collect(operation: &Operation, components: &mut Components) {
    let shapes =
        operation.body.iter().chain(operation.answers.iter().filter_map(|(_, shape)| shape.as_ref()));
    for shape in shapes {
        components.schemas.extend(shape.others.iter().cloned());
        components.schemas.insert(shape.name.clone(), shape.schema.clone());
        if shape.is_list {
            components.schemas.insert(list_name(shape), list_schema(shape).into());
        }
    }
}

fn list_name(shape: &Shape) -> String {
    format!("ListResponse{}", shape.name)
}

fn list_schema(shape: &Shape) -> Schema {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let or_null = [Type::String, Type::Null];
    let iterator = ObjectBuilder::new()
        .schema_type(or_null.into_iter().collect::<utoipa::openapi::schema::SchemaType>());
    ObjectBuilder::new()
        .property("data", ArrayBuilder::new().items(Ref::from_schema_name(&shape.name)))
        .required("data")
        .property("iterator", iterator.description(Some("The next page's iterator.")))
        .required("iterator")
        .property("prevIterator", text().description(Some("The previous page's iterator.")))
        .property("done", bool::schema())
        .required("done")
        .build()
        .into()
}

fn described(operation: &Operation) -> utoipa::openapi::path::Operation {
    let tag = operation.id.split('.').next().unwrap_or_default();
    let mut described = OperationBuilder::new()
        .operation_id(Some(operation.id))
        .summary(Some(operation.summary))
        .tag(tag)
        .parameters(Some(path_parameters(operation.path)))
        .parameters(Some(operation.params.iter().map(query_parameter)));
    if let Some(shape) = &operation.body {
        let content = Content::new(Some(RefOr::<Schema>::Ref(Ref::from_schema_name(&shape.name))));
        let kind = if operation.is_form { "application/x-www-form-urlencoded" } else { "application/json" };
        let body = RequestBodyBuilder::new().content(kind, content);
        described = described.request_body(Some(body.required(Some(Required::True)).build()));
    }
    for (status, shape) in &operation.answers {
        described = described.response(status.to_string(), answer(*status, shape.as_ref()));
    }
    for status in errors_of(operation) {
        described = described.response(status.to_string(), error(status));
    }
    described = match operation.access {
        Access::Open | Access::Client => described.securities(Some(Vec::<SecurityRequirement>::new())),
        _ => described.security(SecurityRequirement::new("bearer", Vec::<String>::new())),
    };
    let access = ExtensionsBuilder::new().add("x-hookwire-token", operation.access.name());
    described.extensions(Some(access.build())).build()
}

fn path_parameters(path: &str) -> Vec<Parameter> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names
        .map(|name| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .description(Some(if name.ends_with("_name") {
                    "The name."
                } else {
                    "The id, or the uid where there is one."
                }))
                .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
                .build()
        })
        .collect()
}

fn query_parameter(param: &Param) -> Parameter {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let schema: Schema = match param.kind {
        ParamKind::Text => text().into(),
        ParamKind::Time => text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))).into(),
        ParamKind::Integer => ObjectBuilder::new().schema_type(Type::Integer).into(),
        ParamKind::Boolean => ObjectBuilder::new().schema_type(Type::Boolean).into(),
        ParamKind::TextList => ArrayBuilder::new().items(text()).into(),
        ParamKind::Order => text().enum_values(Some(["ascending", "descending"])).into(),
    };
    ParameterBuilder::new()
        .name(param.name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(param.about))
        .schema(Some(schema))
        .build()
}

fn answer(status: u16, shape: Option<&Shape>) -> Response {
    let described = ResponseBuilder::new().description(match status {
        201 => "Made.",
        202 => "Accepted.",
        204 => "Done; no content.",
        _ => "Done.",
    });
    let Some(shape) = shape else { return described.build() };
    let name = if shape.is_list { list_name(shape) } else { shape.name.clone() };
    let content = Content::new(Some(RefOr::<Schema>::Ref(Ref::from_schema_name(name))));
    described.content("application/json", content).build()
}

/// The statuses that an operation may refuse with, beside 500 and 503, which any may.
fn errors_of(operation: &Operation) -> Vec<u16> {
    let mut statuses = vec![400];
    if !matches!(operation.access, Access::Open | Access::Client) {
        statuses.extend([401, 403, 404]);
    }
    if operation.method != HttpMethod::Get {
        statuses.push(409);
    }
    if operation.body.is_some() {
        statuses.extend([408, 413]);
    }
    statuses.push(422);
    if operation.path.ends_with("/invoke") {
        statuses.push(429);
    }
    statuses.push(503);
    statuses.retain(|status| operation.answers.iter().all(|(own, _)| own != status));
    statuses
}

fn error(status: u16) -> Response {
    let (name, about) = match status {
        400 => ("ErrorBody", "The request makes no sense."),
        401 => ("ErrorBody", "No valid token."),
        403 => ("ErrorBody", "The token may not do this."),
        404 => ("ErrorBody", "There is no such thing, or not for this token."),
        409 => ("ErrorBody", "Something that exists is in the way."),
        408 => ("ErrorBody", "The body took too long to arrive."),
        413 => ("ErrorBody", "The body is too long."),
        422 => ("ValidationBody", "The content is not valid."),
        429 => ("ErrorBody", "Too much of this is under way."),
        _ => ("ErrorBody", "The server can't do it just now."),
    };
    let content = Content::new(Some(RefOr::<Schema>::Ref(Ref::from_schema_name(name))));
    ResponseBuilder::new().description(about).content("application/json", content).build()
}
