//! The pages of one answer: whether it is whole, and what is asked for next. No IO.
//!
//! A list is whole when all its pages are read. What cannot be followed is an error, never a shorter list.

use crate::provider::answer::{Answer, Page};
use crate::provider::call::Call;
use crate::provider::envelope::{Envelope, Turn};
use crate::provider::failure::{Failure, Lost};
use crate::provider::nodeping;

/// How many pages of a list are read at most.
pub(crate) const MOST_PAGES: usize = 100;

/// What follows from a page.
pub(crate) enum Onward {
    /// It was the last one: this is the whole answer.
    Whole(Answer),
    /// Another page must be read.
    Next(Turn),
}

impl Onward {
    /// The id of what the call created, if the answer shows one.
    pub(crate) fn created_id(&self) -> Option<&str> {
        match self {
            Self::Whole(answer) => answer.created_id(),
            Self::Next(_) => None,
        }
    }
}

/// The pages of one answer that were read so far.
#[derive(Default)]
pub(crate) struct Pages {
    answer: Option<Answer>,
    /// How many pages were read.
    count: usize,
    /// How many items they showed.
    items: usize,
    /// How many items there are, as the first page said.
    total: Option<i64>,
    /// How the further pages were asked for.
    asked: Vec<Turn>,
}

impl Pages {
    /// Takes the next page; `link`: the next link of its header.
    ///
    /// # Errors
    /// There is more, and it cannot be asked for, or is not what was asked for.
    pub(crate) fn take(&mut self, call: &Call, page: Page, link: Option<String>) -> Result<Onward, Failure> {
        let lost = |why| Failure::incomplete(call.operation(), why);
        let Page { answer, shown, envelope } = page;
        let Some(shown) = shown else {
            return if self.count == 0 { Ok(Onward::Whole(answer)) } else { Err(lost(Lost::Other)) };
        };
        if !self.is_asked_for(&envelope) {
            return Err(lost(Lost::Other));
        }
        let before = self.items;
        self.count += 1;
        self.items = self.items.saturating_add(shown);
        let whole = match self.answer.take() {
            None => {
                self.total = envelope.total;
                answer
            }
            Some(mut earlier) => {
                let has_shifted = self.total.zip(envelope.total).is_some_and(|(before, now)| before != now);
                if !earlier.append(answer, before, has_shifted) {
                    return Err(lost(Lost::Other));
                }
                earlier
            }
        };
        if link.is_none() && !self.says_more(&envelope) {
            return Ok(Onward::Whole(completed(whole)));
        }
        if shown == 0 {
            return Err(lost(Lost::Empty));
        }
        let turn = link.map(Turn::Link).or_else(|| following(envelope, shown)).ok_or_else(|| lost(Lost::NotSaid))?;
        if self.asked.contains(&turn) {
            return Err(lost(Lost::Repeated));
        }
        if self.count >= MOST_PAGES {
            return Err(lost(Lost::TooMany));
        }
        self.asked.push(turn.clone());
        self.answer = Some(whole);
        Ok(Onward::Next(turn))
    }

    /// Whether a page is the one that was asked for, as far as it says which one it is. The first one may have the number 0 or 1.
    fn is_asked_for(&self, envelope: &Envelope) -> bool {
        let asked = |wanted: &str| match self.asked.last()? {
            Turn::Parameter { name, value } if *name == wanted => value.parse::<i64>().ok(),
            Turn::Parameter { .. } | Turn::Link(_) => None,
        };
        let is_first = self.count == 0;
        let is_page = |page: i64| asked("page").map_or(!is_first || (0..=1).contains(&page), |asked| asked == page);
        let is_offset = |offset: i64| asked("offset").map_or(!is_first || offset == 0, |asked| asked == offset);
        envelope.page.is_none_or(is_page) && envelope.offset.is_none_or(is_offset)
    }

    /// Whether there is more than was read so far.
    fn says_more(&self, envelope: &Envelope) -> bool {
        let exceeds =
            |said: Option<i64>, read: usize| said.is_some_and(|said| said > i64::try_from(read).unwrap_or(i64::MAX));
        envelope.has_more
            || exceeds(envelope.total.or(self.total), self.items)
            || exceeds(envelope.count, self.items)
            || exceeds(envelope.pages, self.count)
    }
}

/// How to ask for the page after this one, which shows so many items.
fn following(envelope: Envelope, shown: usize) -> Option<Turn> {
    let Envelope { next, page, offset, has_more: _, total: _, count: _, pages: _ } = envelope;
    let by_page = || Some(Turn::Parameter { name: "page", value: page?.checked_add(1)?.to_string() });
    let by_offset = || {
        let offset = offset?.checked_add(i64::try_from(shown).ok()?)?;
        Some(Turn::Parameter { name: "offset", value: offset.to_string() })
    };
    next.or_else(by_page).or_else(by_offset)
}

/// What only the whole list shows.
fn completed(mut answer: Answer) -> Answer {
    if let Answer::Accounts(accounts) = &mut answer {
        nodeping::answer::complete(accounts);
    }
    answer
}

impl Call {
    /// Reads an answer that must be whole by itself.
    ///
    /// # Errors
    /// A [`Failure`] for every answer that is not clearly a success in a known form, and for a page of several.
    #[cfg(test)]
    pub(crate) fn answer(&self, status: u16, body: &[u8]) -> Result<Answer, Failure> {
        match Pages::default().take(self, self.page(status, body)?, None)? {
            Onward::Whole(answer) => Ok(answer),
            Onward::Next(_) => Err(Failure::incomplete(self.operation(), Lost::NotSaid)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::provider::model::ids::ServiceId;
    use crate::provider::model::list::Unreadable;
    use crate::provider::nodeping::call::NodePingCall;
    use crate::provider::pinghome::call::PinghomeCall;

    /// A page of teams with these ids and these words in its envelope.
    fn page(ids: &[&str], words: &Value) -> Value {
        let mut envelope = words.clone();
        envelope["data"] = ids.iter().map(|id| json!({"team_id": id, "name": id})).collect();
        envelope
    }

    fn read(call: &Call, bodies: &[Value], link: Option<&str>) -> Result<Answer, Lost> {
        let mut pages = Pages::default();
        let mut asked = Vec::new();
        for body in bodies {
            let page = call.page(200, body.to_string().as_bytes()).ok().unwrap();
            match pages.take(call, page, link.map(str::to_owned)) {
                Ok(Onward::Whole(answer)) => return Ok(answer),
                Ok(Onward::Next(turn)) => asked.push(turn),
                Err(failure) => {
                    let why = [Lost::NotSaid, Lost::Repeated, Lost::Empty, Lost::Other, Lost::TooMany];
                    let of = |why: &Lost| Failure::incomplete(call.operation(), *why) == failure;
                    return Err(*why.iter().find(|why| of(why)).unwrap());
                }
            }
        }
        panic!("more was asked for: {asked:?}");
    }

    fn teams(bodies: &[Value]) -> Result<(Vec<String>, Option<Unreadable>), Lost> {
        match read(&PinghomeCall::ListTeams.into(), bodies, None)? {
            Answer::Teams(list) => Ok((list.items.iter().map(|team| team.id.to_string()).collect(), list.unreadable)),
            _ => panic!("no teams"),
        }
    }

    #[test]
    fn all_pages_make_the_whole_list() {
        let none = json!({});
        for (first, second) in [
            (json!({"next": "/v1/teams?page=2"}), none.clone()),
            (json!({"next_cursor": "x", "total": 3}), json!({"next_cursor": null, "total": 3})),
            (json!({"next": "?page=2", "total": 3}), none.clone()),
            (json!({"page": 1, "pages": 2, "count": 2}), json!({"page": 2, "pages": 2, "count": 1})),
            (json!({"page": 0, "pages": 2}), json!({"page": 1, "pages": 2})),
            (json!({"page": 1, "has_more": true}), json!({"page": 2, "has_more": false})),
            (json!({"offset": 0, "limit": 2, "total": 3}), json!({"offset": 2, "limit": 2, "total": 3})),
        ] {
            let read = teams(&[page(&["a", "b"], &first), page(&["c"], &second)]);
            let all = ["a", "b", "c"].map(str::to_owned).to_vec();
            assert_eq!(read, Ok((all, None)), "{first}");
        }
    }

    #[test]
    fn a_list_that_changes_between_two_pages_proves_no_absence() {
        let next = |total: i64| json!({"next": "/v1/teams?page=2", "total": total});
        let twice = teams(&[page(&["a", "b"], &next(3)), page(&["b", "c"], &json!({"total": 3}))]);
        assert_eq!(twice, Ok((["a", "b", "c"].map(str::to_owned).to_vec(), Some(Unreadable::Shifted))));
        let fewer = teams(&[page(&["a", "b"], &next(4)), page(&["d"], &json!({"total": 3}))]);
        assert_eq!(fewer.map(|(_, unreadable)| unreadable), Ok(Some(Unreadable::Shifted)));
        let mut broken = page(&["c", "d"], &json!({"total": 4}));
        broken["data"][1]["name"] = json!(7);
        let item = Unreadable::Item { position: 4, field: "name" };
        assert_eq!(teams(&[page(&["a", "b"], &next(4)), broken]).map(|(_, why)| why), Ok(Some(item)));
    }

    #[test]
    fn what_cannot_be_followed_is_an_error_and_no_loop_is_endless() {
        let next = |page: i64| json!({"next": format!("/v1/teams?page={page}")});
        for (bodies, why) in [
            (vec![page(&["a"], &json!({"total": 2}))], Lost::NotSaid),
            (vec![page(&["a"], &json!({"has_more": true}))], Lost::NotSaid),
            (vec![page(&["a"], &json!({"pages": 2}))], Lost::NotSaid),
            (vec![page(&["a"], &json!({"next": "abc"}))], Lost::NotSaid),
            (vec![page(&["a"], &json!({"next_token": "abc"}))], Lost::NotSaid),
            (vec![page(&["a"], &next(2)), page(&["b"], &json!({"total": 3}))], Lost::NotSaid),
            (vec![page(&["a"], &json!({"next": "?page=2", "total": 3})), page(&["b"], &json!({}))], Lost::NotSaid),
            (vec![page(&["a"], &next(2)), page(&["b"], &next(2))], Lost::Repeated),
            (vec![page(&[], &next(2))], Lost::Empty),
            (vec![page(&["a"], &json!({"page": 2, "pages": 2}))], Lost::Other),
            (vec![page(&["a"], &json!({"page": 1, "pages": 2})); 2], Lost::Other),
            (vec![page(&["a"], &json!({"offset": 0, "total": 2})); 2], Lost::Other),
            ((2..=101).map(|number| page(&[&format!("t{number}")], &next(number))).collect(), Lost::TooMany),
        ] {
            assert_eq!(teams(&bodies), Err(why), "{}", bodies[0]);
        }
        let call = PinghomeCall::ListTeams.into();
        assert!(matches!(read(&call, &[json!([]), json!([])], Some("/v1/teams?page=2")), Err(Lost::Empty)));
        let call = PinghomeCall::ReadService { service: ServiceId::parse("s1").unwrap() }.into();
        let services = |ids: &[&str], total: i64| {
            let items: Vec<_> = ids.iter().map(|id| json!({"service_id": id, "name": id})).collect();
            json!({"data": items, "page": 1, "total": total})
        };
        let mut last = services(&["s1"], 3);
        last["page"] = json!(2);
        assert!(matches!(read(&call, &[services(&["s2", "s3"], 3), last], None), Ok(Answer::Service(Some(_)))));
        let mut shifted = services(&["s4"], 2);
        shifted["page"] = json!(2);
        assert!(matches!(read(&call, &[services(&["s2", "s3"], 3), shifted], None), Err(Lost::Other)));
        // No list has no pages.
        let call = Call::from(PinghomeCall::ReadCustomer);
        let body = json!({"customer_id": "c1", "name": "A", "surname": "B", "username": "a@x.org"});
        assert!(read(&call, &[body], Some("/x?page=2")).is_ok());
    }

    #[test]
    fn one_account_on_a_page_is_not_the_primary_one() {
        let call = Call::from(NodePingCall::ListAccounts);
        let pages = [json!({"P1": {"name": "P", "parent": 1}, "next": "?page=2"}), json!({"S1": {"name": "S"}})];
        let Ok(Answer::Accounts(list)) = read(&call, &pages, None) else { panic!("no accounts") };
        assert_eq!(list.items.iter().map(|account| account.primary).collect::<Vec<_>>(), [true, false]);
        assert_eq!(list.unreadable, None);
    }
}
