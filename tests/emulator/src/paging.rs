//! Lists in another order, and in pages. No source says that either provider has them; an operator must not take a page for the whole.

use serde_json::{Map, Value, json};

use crate::serve::Request;
use crate::settings::{Paging, Settings};

/// A part of a list, and what says how to go on.
struct Page {
    items: Value,
    /// How many items the whole list has.
    total: usize,
    /// The number of this page, from 1.
    number: usize,
    /// How many pages there are.
    pages: usize,
}

/// Cuts the list in an answer to the page that a request asks for; returns the `Link` header.
pub(crate) fn cut(settings: &Settings, request: &Request, body: &mut Value) -> Option<String> {
    let is_paged = settings.paged.is_empty() || settings.paged.iter().any(|end| request.path.ends_with(end));
    if settings.page_size == 0 || request.method != "GET" || !is_paged {
        return None;
    }
    let given = |name: &str| request.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let asked = given("page").or_else(|| given("cursor")?.strip_prefix("at-"));
    let number = asked.and_then(|text| text.parse().ok()).unwrap_or(1_usize).max(1);
    let page = page(settings, request, body, number)?;
    let next = (number < page.pages).then(|| {
        let number = if settings.next_repeats { 2 } else { number + 1 };
        format!("{}/{}{}?page={number}", settings.next_base, request.host, request.path)
    });
    let mut words = Map::new();
    match settings.paging {
        Paging::Header => {}
        Paging::Next => drop(words.insert("next".to_owned(), json!(next))),
        Paging::Cursor => {
            let cursor = next.as_ref().map(|_| format!("at-{}", number + 1));
            words.insert("next_cursor".to_owned(), json!(cursor));
        }
        Paging::Number => words.extend([
            ("page".to_owned(), json!(page.number)),
            ("pages".to_owned(), json!(page.pages)),
            ("total".to_owned(), json!(page.total)),
        ]),
        Paging::Total => drop(words.insert("total".to_owned(), json!(page.total))),
    }
    *body = wrapped(body, page.items, words);
    next.filter(|_| settings.paging == Paging::Header).map(|next| format!("<{next}>; rel=\"next\""))
}

/// The page of this number; `None` if the answer is no list.
fn page(settings: &Settings, request: &Request, body: &Value, number: usize) -> Option<Page> {
    let size = settings.page_size;
    // Somebody put an item in front between two reads: every later page begins with what the one before ended with.
    let skip = (number - 1).saturating_mul(size).saturating_sub(usize::from(settings.pages_shift && number > 1));
    let (items, total) = match list_in(body) {
        Some(items) => (items.iter().skip(skip).take(size).cloned().collect(), items.len()),
        None if request.path == "/accounts" => {
            let accounts = body.as_object().filter(|accounts| accounts.get("error").is_none())?;
            let items: Map<_, _> = accounts.iter().skip(skip).take(size).map(|(k, v)| (k.clone(), v.clone())).collect();
            (Value::Object(items), accounts.len())
        }
        None => return None,
    };
    Some(Page { items, total, number, pages: total.div_ceil(size) })
}

/// Turns a list in an answer round, if the settings say so.
pub(crate) fn turn(settings: &Settings, request: &Request, body: &mut Value) {
    if !settings.lists_backwards || request.method != "GET" {
        return;
    }
    match body {
        Value::Object(fields) if fields.len() == 1 => {
            fields.values_mut().filter_map(Value::as_array_mut).for_each(|items| items.reverse());
        }
        Value::Array(items) => items.reverse(),
        _ => {}
    }
}

fn list_in(body: &Value) -> Option<&Vec<Value>> {
    match body {
        Value::Array(items) => Some(items),
        Value::Object(fields) if fields.len() == 1 => fields.values().next()?.as_array(),
        _ => None,
    }
}

/// The page as the whole list was wrapped; a bare list needs an envelope for its words.
fn wrapped(whole: &Value, items: Value, mut words: Map<String, Value>) -> Value {
    match (items, whole) {
        (Value::Object(accounts), _) => {
            words.extend(accounts);
            Value::Object(words)
        }
        (items, Value::Array(_)) if words.is_empty() => items,
        (items, whole) => {
            let name = whole.as_object().and_then(|fields| fields.keys().next()).map_or("data", String::as_str);
            words.insert(name.to_owned(), items);
            Value::Object(words)
        }
    }
}
