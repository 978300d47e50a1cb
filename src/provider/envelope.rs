//! What the envelope of a list says of pages: whether there is more, and how to ask for it. No IO.

use serde_json::Value;

use crate::provider::json::{field, integer, truth};

/// Fields that lead to the next page: by a link or by its number.
const NEXT: [&str; 5] = ["next", "next_page", "nextPage", "next_url", "nextUrl"];
/// Fields with a cursor, each with the query parameter that takes it: the same word without `next`, in the same spelling.
const CURSORS: [Cursor; 4] = [
    Cursor { field: "next_cursor", parameter: "cursor" },
    Cursor { field: "nextCursor", parameter: "cursor" },
    Cursor { field: "next_page_token", parameter: "page_token" },
    Cursor { field: "nextPageToken", parameter: "pageToken" },
];
/// Fields that lead on, but do not say how: a query parameter `token` may be a credential.
const OPAQUE: [&str; 2] = ["next_token", "nextToken"];
/// Fields that are true if there is more.
const MORE: [&str; 9] =
    ["more", "has_more", "hasMore", "has_next", "hasNext", "has_next_page", "hasNextPage", "truncated", "is_truncated"];
/// Fields that say how many items there are on all pages.
const TOTALS: [&str; 8] = [
    "total",
    "total_count",
    "totalCount",
    "total_items",
    "totalItems",
    "total_results",
    "totalResults",
    "totalElements",
];
/// A field that counts the items of all pages, or of this one.
const COUNT: &str = "count";
/// Fields that say how many pages there are.
const PAGES: [&str; 7] = ["pages", "total_pages", "totalPages", "page_count", "pageCount", "last_page", "lastPage"];
/// Objects of an envelope that hold such fields.
const WITHIN: [&str; 9] =
    ["meta", "_meta", "metadata", "pagination", "paging", "page_info", "pageInfo", "links", "_links"];
/// Other fields of an envelope.
const OTHERS: [&str; 6] = ["page", "offset", "limit", "per_page", "perPage", "last"];

/// A field with a cursor.
struct Cursor {
    field: &'static str,
    parameter: &'static str,
}

/// How to ask for another page.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Turn {
    /// By a link: a URL, or a path with a query.
    Link(String),
    /// By the first request with one more query parameter.
    Parameter {
        /// The name of the parameter.
        name: &'static str,
        /// Its value, not yet encoded.
        value: String,
    },
}

/// What an envelope says of pages.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Envelope {
    /// How to ask for the next page, by a link, a cursor or a number.
    pub(crate) next: Option<Turn>,
    /// Whether a field says that there is more.
    pub(crate) has_more: bool,
    /// How many items there are on all pages.
    pub(crate) total: Option<i64>,
    /// How many items there are on all pages, or on this one.
    pub(crate) count: Option<i64>,
    /// How many pages there are.
    pub(crate) pages: Option<i64>,
    /// The number of this page.
    pub(crate) page: Option<i64>,
    /// How many items stand on the pages before this one.
    pub(crate) offset: Option<i64>,
}

impl Envelope {
    /// Reads an envelope; a bare list says nothing.
    pub(crate) fn of(envelope: &Value) -> Self {
        let places: Vec<_> = WITHIN.iter().filter_map(|name| envelope.get(*name)).chain([envelope]).collect();
        let any = |test: &dyn Fn(&Value) -> bool| places.iter().any(|place| test(place));
        let largest = |names: &[&str]| {
            let of_place = |place: &&Value| names.iter().filter_map(|name| integer(place, &[name])).max();
            places.iter().filter_map(of_place).max()
        };
        let is_set =
            |names: &[&str], wanted| any(&|place| names.iter().any(|name| truth(place, &[name]) == Some(wanted)));
        let leads_on = |names: &[&str]| any(&|place| names.iter().any(|name| place.get(*name).is_some_and(leads_on)));
        let cursors = CURSORS.map(|cursor| cursor.field);
        Self {
            next: places.iter().find_map(|place| turn(place)),
            has_more: is_set(&MORE, true)
                || is_set(&["last"], false)
                || leads_on(&NEXT)
                || leads_on(&cursors)
                || leads_on(&OPAQUE),
            total: largest(&TOTALS),
            count: largest(&[COUNT]),
            pages: largest(&PAGES),
            page: largest(&["page"]),
            offset: largest(&["offset"]),
        }
    }

    /// Whether a field of this name belongs to an envelope.
    pub(crate) fn has_field(name: &str) -> bool {
        let cursors = CURSORS.map(|cursor| cursor.field);
        let all: [&[&str]; 8] = [&NEXT, &cursors, &OPAQUE, &MORE, &TOTALS, &PAGES, &WITHIN, &OTHERS];
        name == COUNT || all.iter().any(|names| names.contains(&name))
    }
}

/// How an object of an envelope leads to the next page.
fn turn(place: &Value) -> Option<Turn> {
    let next = || NEXT.iter().filter_map(|name| place.get(*name));
    let link = next().find_map(|next| link(next.get("href").unwrap_or(next))).map(Turn::Link);
    let by_cursor = || {
        CURSORS.iter().find_map(|Cursor { field: name, parameter }| match field(place, &[name])? {
            Value::String(value) if !value.is_empty() => {
                Some(Turn::Parameter { name: parameter, value: value.clone() })
            }
            Value::Number(number) => Some(Turn::Parameter { name: parameter, value: number.to_string() }),
            _ => None,
        })
    };
    let by_number = || {
        let number = next().find_map(Value::as_u64)?;
        Some(Turn::Parameter { name: "page", value: number.to_string() })
    };
    link.or_else(by_cursor).or_else(by_number)
}

/// A text that can only be a URL, or a path with a query.
fn link(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    (text.contains('/') || text.contains('?')).then(|| text.to_owned())
}

/// Whether the value of a field such as `next` leads to another page.
fn leads_on(next: &Value) -> bool {
    match next {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Object(link) => link.get("href").is_none_or(leads_on),
        Value::Bool(true) | Value::Number(_) | Value::Array(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parameter(name: &'static str, value: &str) -> Turn {
        Turn::Parameter { name, value: value.to_owned() }
    }

    #[test]
    fn an_envelope_says_how_to_ask_for_the_next_page() {
        let link = |text: &str| Some(Turn::Link(text.to_owned()));
        for (envelope, expected) in [
            (json!({"next": "https://h/teams?page=2"}), link("https://h/teams?page=2")),
            (json!({"next": "?page=2", "next_page": 2}), link("?page=2")),
            (json!({"links": {"next": "/teams?page=2"}}), link("/teams?page=2")),
            (json!({"_links": {"next": {"href": "/teams?page=2"}}}), link("/teams?page=2")),
            (json!({"next_cursor": "abc"}), Some(parameter("cursor", "abc"))),
            (json!({"meta": {"nextPageToken": 7}}), Some(parameter("pageToken", "7"))),
            (json!({"next_page": 2, "page": 1}), Some(parameter("page", "2"))),
            (json!({"next": "abc"}), None),
            (json!({"next": true}), None),
            (json!({"next_token": "abc"}), None),
        ] {
            let read = Envelope::of(&envelope);
            assert_eq!(read.next, expected, "{envelope}");
            assert!(read.has_more, "{envelope}");
        }
        for envelope in [
            json!([{"next": "x"}]),
            json!({"next": null, "has_more": false, "links": {"next": null}, "next_cursor": ""}),
            json!({"next": "", "last": true, "_links": {"self": {"href": "/x"}}}),
        ] {
            assert_eq!(Envelope::of(&envelope), Envelope::default(), "{envelope}");
        }
    }
}
