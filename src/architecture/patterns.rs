//! Where in a pattern the variant of an enum is named, and whether another pattern leaves that place open.

use syn::{Member, Pat, Path};

/// The way from the outside of a pattern to a place inside it: indexes of tuples, variants with a field's name.
pub(crate) type Position = Vec<String>;

/// A part of a pattern, and the step that leads to it.
struct Part<'a> {
    step: String,
    pattern: &'a Pat,
}

/// The pattern's alternatives: `A | B` has two. An arm with a guard has none: the guard may refuse.
pub(crate) fn alternatives(pattern: &Pat) -> Vec<&Pat> {
    match pattern {
        Pat::Guard(_) => Vec::new(),
        pattern => match bare(pattern) {
            Pat::Or(or) => or.cases.iter().flat_map(alternatives).collect(),
            pattern => vec![pattern],
        },
    }
}

/// Where `pattern` names a variant of an enum that is looked for.
pub(crate) fn positions(pattern: &Pat, is_enum: &dyn Fn(&Path) -> bool) -> Vec<Position> {
    let pattern = bare(pattern);
    if let Pat::Or(or) = pattern {
        return or.cases.iter().flat_map(|case| positions(case, is_enum)).collect();
    }
    let own = is_variant(pattern, is_enum).then(Position::new);
    let inner = parts(pattern).into_iter().flat_map(|part| {
        let inner = positions(part.pattern, is_enum);
        inner.into_iter().map(move |position| [vec![part.step.clone()], position].concat())
    });
    own.into_iter().chain(inner).collect()
}

/// Whether `pattern` takes whatever stands at `position`.
pub(crate) fn is_open_at(pattern: &Pat, position: &[String], is_enum: &dyn Fn(&Path) -> bool) -> bool {
    let pattern = bare(pattern);
    match pattern {
        Pat::Wild(_) | Pat::Rest(_) => true,
        Pat::Ident(_) => !is_variant(pattern, is_enum) && !is_constant(pattern),
        Pat::Or(or) => or.cases.iter().any(|case| is_open_at(case, position, is_enum)),
        _ => {
            let Some((first, rest)) = position.split_first() else { return false };
            let parts = parts(pattern);
            match parts.iter().find(|part| part.step == *first) {
                Some(part) => is_open_at(part.pattern, rest, is_enum),
                None => leaves_out(pattern, first),
            }
        }
    }
}

/// The pattern without guard, parentheses, `&`, type and `name @`.
fn bare(pattern: &Pat) -> &Pat {
    match pattern {
        Pat::Guard(inner) => bare(&inner.pat),
        Pat::Paren(inner) => bare(&inner.pat),
        Pat::Reference(inner) => bare(&inner.pat),
        Pat::Type(inner) => bare(&inner.pat),
        Pat::Ident(inner) => inner.subpat.as_ref().map_or(pattern, |(_, inner)| bare(inner)),
        pattern => pattern,
    }
}

fn is_variant(pattern: &Pat, is_enum: &dyn Fn(&Path) -> bool) -> bool {
    match pattern {
        Pat::Path(path) => is_enum(&path.path),
        Pat::Struct(pattern) => is_enum(&pattern.path),
        Pat::TupleStruct(pattern) => is_enum(&pattern.path),
        Pat::Ident(name) => is_enum(&name.ident.clone().into()),
        _ => false,
    }
}

/// A name such as `None` or `LIMIT` is no binding.
fn is_constant(pattern: &Pat) -> bool {
    matches!(pattern, Pat::Ident(name) if name.ident.to_string().starts_with(char::is_uppercase))
}

fn parts(pattern: &Pat) -> Vec<Part<'_>> {
    match pattern {
        Pat::Tuple(tuple) => numbered("", tuple.elems.iter()),
        Pat::TupleStruct(tuple) => numbered(&last(&tuple.path), tuple.elems.iter()),
        Pat::Slice(slice) => numbered("[]", slice.elems.iter()),
        Pat::Struct(fields) => {
            let step = |member: &Member| match member {
                Member::Named(name) => format!("{}.{name}", last(&fields.path)),
                Member::Unnamed(index) => format!("{}.{}", last(&fields.path), index.index),
            };
            fields.fields.iter().map(|field| Part { step: step(&field.member), pattern: &field.pat }).collect()
        }
        _ => Vec::new(),
    }
}

fn numbered<'a>(of: &str, patterns: impl Iterator<Item = &'a Pat>) -> Vec<Part<'a>> {
    let shown = patterns.enumerate().take_while(|(_, pattern)| !matches!(pattern, Pat::Rest(_)));
    shown.map(|(index, pattern)| Part { step: format!("{of}.{index}"), pattern }).collect()
}

/// Whether `step` leads to a part that the pattern leaves out by `..`.
fn leaves_out(pattern: &Pat, step: &str) -> bool {
    let has_rest = |of: &str, mut patterns: syn::punctuated::Iter<'_, Pat>| {
        step.rsplit_once('.').is_some_and(|(name, _)| name == of) && patterns.any(|part| matches!(part, Pat::Rest(_)))
    };
    match pattern {
        Pat::Tuple(tuple) => has_rest("", tuple.elems.iter()),
        Pat::TupleStruct(tuple) => has_rest(&last(&tuple.path), tuple.elems.iter()),
        Pat::Struct(fields) => step.starts_with(&format!("{}.", last(&fields.path))) && fields.rest.is_some(),
        _ => false,
    }
}

fn last(path: &Path) -> String {
    path.segments.last().map(|part| part.ident.to_string()).unwrap_or_default()
}
