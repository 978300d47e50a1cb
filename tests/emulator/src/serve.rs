//! From HTTP to a provider and back: credential, faults, journal.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use serde_json::{Value, json};

use crate::faults::{Reply, Trouble, take};
use crate::journal::Entry;
use crate::world::World;
use crate::{control, nodeping, paging, pinghome};

/// A request, taken apart.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Value,
    /// A person's edit: seen at once by every read.
    pub(crate) is_human: bool,
}

impl Request {
    /// A parameter, of the body before the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let in_body = self.body.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        in_body.or_else(|| self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
    }

    /// A text of the body.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.body.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }
}

/// An answer; `None` as a body is no body at all.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Option<Value>,
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: 200, body: Some(body) }
    }
}

type Shared = Arc<Mutex<World>>;

pub(crate) fn router(world: Shared) -> Router {
    Router::new().fallback(handle).with_state(world)
}

async fn handle(
    State(world): State<Shared>,
    method: Method,
    uri: Uri,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let mut segments = uri.path().trim_start_matches('/').splitn(2, '/');
    let (host, path) = (segments.next().unwrap_or_default(), segments.next().unwrap_or_default());
    let request = Request {
        method: method.to_string(),
        host: host.to_owned(),
        path: format!("/{path}"),
        query: pairs(query.as_deref().unwrap_or_default()),
        body: serde_json::from_slice(&body).unwrap_or_default(),
        is_human: false,
    };
    let token = token(&headers);
    let (before, after) = {
        let settings = &world.lock().unwrap_or_else(PoisonError::into_inner).settings;
        (Duration::from_millis(settings.latency), Duration::from_millis(settings.answer_latency))
    };
    if request.host == "control" {
        return control::handle(&mut world.lock().unwrap_or_else(PoisonError::into_inner), &request, &token);
    }
    pause(before).await;
    let response = provider(&mut world.lock().unwrap_or_else(PoisonError::into_inner), request, &token);
    pause(after).await;
    response
}

async fn pause(length: Duration) {
    if !length.is_zero() {
        tokio::time::sleep(length).await;
    }
}

/// A request to a provider: it is journalled, and things may go wrong.
fn provider(world: &mut World, request: Request, token: &str) -> Response<Body> {
    let place = world.place(token);
    let tapped = world.tap.as_ref().and_then(|tap| tap(&format!("{} {}", request.method, request.path)));
    let (tapped, then) = tapped.unzip();
    let trouble = tapped.or_else(|| take(&mut world.faults, &request.method, &request.path));
    let is_counted = request.host != "nodeping" && trouble.is_none();
    let is_too_many = is_counted && place.is_some_and(|place| world.is_one_too_many(place));
    let trouble = trouble.or_else(|| is_too_many.then(|| Trouble::TooMany { retry_after: Some("1".to_owned()) }));
    let is_done = trouble.as_ref().is_none_or(Trouble::has_effect);
    let mut answer = match place {
        Some(place) if is_done => answer(world, place, &request),
        Some(_) => Answer { status: 200, body: None },
        None => refused(world, &request),
    };
    let done = is_done && place.is_some() && (200..300).contains(&answer.status);
    if let Some(then) = then {
        then();
    }
    let asked = json!({ "token": token, "path": request.path, "body": request.body, "query": request.query });
    answer.body.iter_mut().for_each(|body| paging::turn(&world.settings, &request, body));
    let link = answer.body.as_mut().and_then(|body| paging::cut(&world.settings, &request, body));
    let mut response = troubled(&asked, &answer, trouble);
    if let (Some(response), Some(link)) = (&mut response, link.and_then(|link| link.parse().ok())) {
        response.headers_mut().insert(header::LINK, link);
    }
    let at = world.elapsed();
    let status = response.as_ref().map_or(0, |response| response.status().as_u16());
    let Request { method, host, path, query, body, .. } = request;
    world.journal.push(Entry { at, method, host, path, query, body, status, done, account: place });
    response.unwrap_or_else(dropped)
}

/// What a provider answers when nothing goes wrong.
pub(crate) fn answer(world: &mut World, place: usize, request: &Request) -> Answer {
    match request.host.as_str() {
        "nodeping" => nodeping::answer(world, place, request),
        _ => pinghome::answer(world, place, request),
    }
}

fn refused(world: &World, request: &Request) -> Answer {
    match request.host.as_str() {
        "nodeping" => nodeping::error(world, 403, "Token not found"),
        _ => pinghome::error(world, 401, "unauthorized"),
    }
}

fn troubled(asked: &Value, answer: &Answer, trouble: Option<Trouble>) -> Option<Response<Body>> {
    let plain = |status: u16| response(status, Some(&json!({ "message": "trouble" })));
    Some(match trouble {
        None => response(answer.status, answer.body.as_ref()),
        Some(Trouble::Before { status } | Trouble::After { status }) => plain(status),
        Some(Trouble::DropBefore | Trouble::DropAfter) => return None,
        Some(Trouble::TooMany { retry_after }) => {
            let mut response = plain(429);
            if let Some(value) = retry_after.and_then(|text| text.parse().ok()) {
                response.headers_mut().insert(header::RETRY_AFTER, value);
            }
            response
        }
        Some(Trouble::Echo { status }) => response(status, Some(&json!({ "message": asked.to_string() }))),
        Some(Trouble::Huge { bytes }) => (StatusCode::OK, "x".repeat(bytes)).into_response(),
        Some(Trouble::Body { text }) => (StatusCode::OK, text).into_response(),
        Some(Trouble::Pretend) => response(200, Some(&json!({ "message": "done" }))),
        Some(Trouble::Garbage) => (StatusCode::OK, "<html><body>It works!</body></html>").into_response(),
        Some(Trouble::Reply(reply)) => replied(&reply),
        Some(Trouble::Edited { edits }) => {
            let text = answer.body.as_ref().map(Value::to_string).unwrap_or_default();
            let text = edits.iter().fold(text, |text, edit| text.replace(&edit.find, &edit.put));
            replied(&Reply::new(answer.status, &text))
        }
        Some(Trouble::Redirect) => (StatusCode::FOUND, [(header::LOCATION, "http://127.0.0.1:9/")]).into_response(),
    })
}

/// An answer that was written down beforehand.
fn replied(reply: &Reply) -> Response<Body> {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, reply.body.clone()).into_response();
    let kind = match reply.body.chars().next() {
        Some('{' | '[') => Some("application/json"),
        Some('<') => Some("text/html; charset=utf-8"),
        _ => None,
    };
    if let Some(kind) = kind {
        response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    }
    for (name, value) in &reply.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<header::HeaderName>(), value.parse()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

pub(crate) fn response(status: u16, body: Option<&Value>) -> Response<Body> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match body {
        Some(body) => (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response(),
        None => status.into_response(),
    }
}

/// A body that breaks off before it begins: the connection is cut.
fn dropped() -> Response<Body> {
    let broken = std::io::Error::new(std::io::ErrorKind::ConnectionReset, "dropped on demand");
    Response::new(Body::from_stream(Once(Some(broken))))
}

/// A stream of one failure.
struct Once(Option<std::io::Error>);

impl futures::Stream for Once {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.take().map(Err))
    }
}

/// The token: a bearer token, or the user of HTTP Basic.
fn token(headers: &HeaderMap) -> String {
    let text = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match text.split_once(' ') {
        Some(("Bearer", token)) => token.to_owned(),
        Some(("Basic", coded)) => decoded(coded).split(':').next().unwrap_or_default().to_owned(),
        _ => String::new(),
    }
}

/// Base64, as far as ASCII needs it.
fn decoded(text: &str) -> String {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let (mut bits, mut count, mut out) = (0_u32, 0, String::new());
    for value in text.bytes().filter_map(digit) {
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.extend(u8::try_from((bits >> count) & 0xff).map(char::from));
        }
    }
    out
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let whole = format!("http://x/?{query}");
    let parsed = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&whole.parse::<Uri>().unwrap_or_default());
    parsed.map(|axum::extract::Query(pairs)| pairs).unwrap_or_default()
}
