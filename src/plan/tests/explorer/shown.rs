//! How the body of an answer is changed by a move. No IO.

use serde_json::{Value, json};

use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::call::pages::{Onward, Pages};
use crate::provider::failure::{Failure, Lost};

/// The items of a list: of an array, or of NodePing's map.
fn items(body: &mut Value) -> Vec<&mut Value> {
    match body {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(entries) if entries.values().all(Value::is_object) => entries.values_mut().collect(),
        _ => Vec::new(),
    }
}

/// Names are shown in lower case, and addresses with a slash at their end.
pub(crate) fn mask(body: &mut Value) {
    let one = |item: &mut Value| {
        for field in ["name", "customer_name"] {
            if let Some(Value::String(text)) = item.get_mut(field) {
                *text = text.to_lowercase();
            }
        }
        if let Some(Value::String(text)) = item.get_mut("value") {
            text.push('/');
        }
    };
    one(body);
    items(body).into_iter().for_each(one);
}

/// What is shown of an address of which nothing is shown.
pub(crate) const HIDDEN: &str = "[redacted]";

/// Addresses are shown otherwise.
pub(crate) fn change_addresses(body: &mut Value, change: impl Fn(&str) -> String) {
    for item in items(body) {
        if let Some(Value::String(text)) = item.get_mut("value") {
            *text = change(text);
        }
    }
}

/// Takes out the items whose address is hidden.
pub(crate) fn without_hidden(body: &str) -> String {
    let mut value: Value = serde_json::from_str(body).unwrap_or_default();
    if let Some(items) = value.as_array_mut() {
        items.retain(|item| item["value"] != HIDDEN);
    }
    value.to_string()
}

/// The items that match cannot be read any more.
pub(crate) fn make_unreadable(body: &mut Value, mut matches: impl FnMut(&Value) -> bool) {
    for item in items(body) {
        if matches(item) {
            *item = json!(7);
        }
    }
}

/// Takes out the items that cannot be read.
pub(crate) fn drop_unreadable(body: &str) -> String {
    let mut value: Value = serde_json::from_str(body).unwrap_or_default();
    match &mut value {
        Value::Array(items) => items.retain(Value::is_object),
        Value::Object(entries) if entries.values().any(Value::is_object) => {
            entries.retain(|_, entry| entry.is_object());
        }
        _ => return body.to_owned(),
    }
    value.to_string()
}

/// Half of a list, and the word that there is more.
pub(crate) fn cut(body: &mut Value) {
    if let Value::Array(items) = body {
        let all = items.len();
        items.truncate(all / 2);
        *body = json!({"data": items, "has_more": true, "total": all});
    }
}

/// The field of a body that stands for several pages.
const IN_PAGES: &str = "in_pages";

/// Two pages of a list. Before the second is read, an item of the first goes, so the first of the second moves up and is not shown.
pub(crate) fn in_pages(body: &mut Value) {
    if let Value::Array(items) = body {
        let all = items.len();
        let mut later = items.split_off(all / 2);
        later.remove(0);
        let first = json!({"data": items, "total": all, "next": "?page=2"});
        *body = json!({ IN_PAGES: [first, {"data": later, "total": all - 1}] });
    }
}

/// Takes out what shows that pages have shifted.
pub(crate) fn without_totals(body: &str) -> String {
    let mut value: Value = serde_json::from_str(body).unwrap_or_default();
    for page in value.get_mut(IN_PAGES).and_then(Value::as_array_mut).into_iter().flatten() {
        page.as_object_mut().map(|words| words.remove("total"));
    }
    value.to_string()
}

/// Reads an answer, all its pages if it has several.
pub(crate) fn read(call: &Call, status: u16, body: &str) -> Result<Answer, Failure> {
    let value: Value = serde_json::from_str(body).unwrap_or_default();
    let Some(bodies) = value.get(IN_PAGES).and_then(Value::as_array) else {
        return call.answer(status, body.as_bytes());
    };
    let mut pages = Pages::default();
    for body in bodies {
        let page = call.page(status, body.to_string().as_bytes())?;
        if let Onward::Whole(answer) = pages.take(call, page, None)? {
            return Ok(answer);
        }
    }
    Err(Failure::incomplete(call.operation(), Lost::Other))
}

/// Takes out what says that there is more.
pub(crate) fn without_more(body: &str) -> String {
    let value: Value = serde_json::from_str(body).unwrap_or_default();
    value.get("has_more").and(value.get("data")).map_or_else(|| body.to_owned(), Value::to_string)
}

/// The fields that have the id of a new object.
const IDS: [&str; 3] = ["team_id", "service_id", "_id"];

/// Puts another id into the body of a create's answer.
pub(crate) fn set_id(body: &mut Value, id: &str) {
    for field in IDS {
        if let Some(value) = body.get_mut(field) {
            *value = json!(id);
        }
    }
}

/// The id in the body of a create's answer.
pub(crate) fn id_in(body: &Value) -> Option<String> {
    IDS.into_iter().find_map(|field| body.get(field)?.as_str()).map(str::to_owned)
}
