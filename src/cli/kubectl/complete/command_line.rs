//! What the last word of a command line may be, as far as the line alone tells. No IO.

use clap::{Arg, Command};

use crate::api::kinds::Kind;
use crate::cli::kubectl::select::released;
use crate::cli::kubectl::wanted::kind;

/// What the last word may be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum NextWord {
    /// One of these words.
    Words(Vec<ProposedWord>),
    /// A kind, and a slash before the name follows.
    Kinds,
    /// The name of a resource of one of these kinds, after this text.
    Names {
        /// The kinds.
        kinds: Vec<Kind>,
        /// What stands before the name, such as `team/`.
        before: String,
    },
    /// Anything: nothing can be proposed.
    Anything,
}

/// A word that is proposed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ProposedWord {
    /// The word.
    pub(crate) word: String,
    /// What it does; may be empty.
    pub(crate) about: String,
}

impl ProposedWord {
    fn new(word: impl Into<String>, about: Option<&clap::builder::StyledStr>) -> Self {
        let about = about.map(ToString::to_string).unwrap_or_default();
        Self { word: word.into(), about: about.lines().next().unwrap_or_default().to_owned() }
    }
}

/// A command line without its last word.
#[derive(Debug, Default)]
pub(crate) struct CommandLine {
    /// The value of each flag that has one, by the flag's long name.
    pub(crate) values: Vec<(String, String)>,
    verb: Option<Command>,
    positionals: Vec<String>,
    /// The flag whose value follows.
    open: Option<Arg>,
}

impl CommandLine {
    /// Reads the words before the last one.
    pub(crate) fn read(plugin: &Command, words: &[String]) -> Self {
        let mut line = Self::default();
        for word in words {
            line.add(plugin, word);
        }
        line
    }

    /// The line with the flag of `--flag=value`, and the value alone: the shell completes only what follows `=`.
    pub(crate) fn with_flag_of<'a>(self, plugin: &Command, word: &'a str) -> (Self, &'a str) {
        let Some((name, value)) = word.split_once('=').filter(|_| self.open.is_none()) else { return (self, word) };
        let is_meant = |flag: &Arg| match name.strip_prefix("--") {
            Some(name) => long(flag) == name,
            None => flag.get_short().is_some_and(|letter| name.strip_prefix('-') == Some(letter.to_string().as_str())),
        };
        match self.flags(plugin).into_iter().find(|flag| is_meant(flag) && has_value(flag)) {
            Some(flag) => (Self { open: Some(flag), ..self }, value),
            None => (self, word),
        }
    }

    /// The value of a flag.
    pub(crate) fn value(&self, flag: &str) -> Option<&str> {
        self.values.iter().rev().find(|(name, _)| name == flag).map(|(_, value)| value.as_str())
    }

    fn add(&mut self, plugin: &Command, word: &str) {
        if let Some(flag) = self.open.take() {
            self.values.push((long(&flag), word.to_owned()));
        } else if let Some(name) = word.strip_prefix("--").filter(|name| !name.is_empty()) {
            match name.split_once('=') {
                Some((name, value)) => self.values.push((name.to_owned(), value.to_owned())),
                None => self.open = self.flags(plugin).into_iter().find(|flag| long(flag) == name && has_value(flag)),
            }
        } else if let Some(short) = word.strip_prefix('-').filter(|short| !short.is_empty()) {
            self.add_short(plugin, short);
        } else if self.verb.is_none() {
            self.verb = plugin.find_subcommand(word).cloned();
        } else {
            self.positionals.push(word.to_owned());
        }
    }

    /// Reads flags of one letter each, the last of which may have its value behind it.
    fn add_short(&mut self, plugin: &Command, letters: &str) {
        let flags = self.flags(plugin);
        for (at, letter) in letters.char_indices() {
            let Some(flag) = flags.iter().find(|flag| flag.get_short() == Some(letter) && has_value(flag)) else {
                continue;
            };
            let value = letters.get(at + letter.len_utf8()..).unwrap_or_default().trim_start_matches('=');
            if value.is_empty() {
                self.open = Some(flag.clone());
            } else {
                self.values.push((long(flag), value.to_owned()));
            }
            return;
        }
    }

    /// The flags that may stand here.
    fn flags(&self, plugin: &Command) -> Vec<Arg> {
        let all = plugin.get_arguments().chain(self.verb.iter().flat_map(Command::get_arguments));
        all.filter(|flag| flag.get_long().is_some() && !flag.is_hide_set()).cloned().collect()
    }

    /// What the last word may be, of which `word` is the beginning.
    pub(crate) fn asked(&self, plugin: &Command, word: &str) -> NextWord {
        if let Some(flag) = &self.open {
            let values = flag.get_possible_values();
            let words = values.iter().map(|value| ProposedWord::new(value.get_name(), value.get_help())).collect();
            return if values.is_empty() { NextWord::Anything } else { NextWord::Words(words) };
        }
        if word.starts_with('-') {
            let flags = self.flags(plugin);
            let words = flags.iter().map(|flag| ProposedWord::new(format!("--{}", long(flag)), flag.get_help()));
            return NextWord::Words(words.collect());
        }
        let Some(verb) = &self.verb else {
            let verbs = plugin.get_subcommands().filter(|verb| !verb.is_hide_set());
            return NextWord::Words(verbs.map(|verb| ProposedWord::new(verb.get_name(), verb.get_about())).collect());
        };
        let arguments: Vec<_> = verb.get_positionals().collect();
        let named = arguments.get(self.positionals.len()).or_else(|| arguments.last().filter(|last| takes_many(last)));
        let Some(value) = named.and_then(|argument| argument.get_value_names()?.first()) else {
            return NextWord::Anything;
        };
        match (value.as_str(), self.positionals.first()) {
            ("NAME", _) => NextWord::Names { kinds: released().collect(), before: String::new() },
            (text, first) if text.starts_with("KIND") => resources(first, word),
            _ => NextWord::Anything,
        }
    }
}

/// What a word that names a resource may be: `KIND/NAME`, or only the name after a kind.
fn resources(first: Option<&String>, word: &str) -> NextWord {
    let names = |text: &str, before: String| match kind(text) {
        Ok(kind) => NextWord::Names { kinds: vec![kind], before },
        Err(_) => NextWord::Anything,
    };
    match (word.split_once('/'), first) {
        (Some((text, _)), _) => names(text, format!("{text}/")),
        (None, Some(text)) if !text.contains('/') => names(text, String::new()),
        (None, _) => NextWord::Kinds,
    }
}

fn long(flag: &Arg) -> String {
    flag.get_long().unwrap_or_default().to_owned()
}

fn has_value(flag: &Arg) -> bool {
    flag.get_action().takes_values()
}

fn takes_many(argument: &Arg) -> bool {
    matches!(argument.get_action(), clap::ArgAction::Append)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::kubectl::Plugin;

    fn asked(line: &str) -> NextWord {
        let (before, word) = line.rsplit_once(' ').unwrap_or(("", line));
        let words: Vec<_> = before.split_whitespace().map(str::to_owned).collect();
        let mut plugin = Plugin::command();
        plugin.build();
        let (line, word) = CommandLine::read(&plugin, &words).with_flag_of(&plugin, word);
        line.asked(&plugin, word)
    }

    fn words(line: &str) -> Vec<String> {
        match asked(line) {
            NextWord::Words(words) => words.into_iter().map(|candidate| candidate.word).collect(),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn verbs_flags_and_their_values_are_proposed() {
        for verb in ["status", "approve", "move"] {
            assert!(words("").contains(&verb.to_owned()), "{verb}");
            assert!(words("-n x ").contains(&verb.to_owned()), "{verb}");
        }
        for flag in ["--namespace", "--all-namespaces", "--output"] {
            assert!(words("status -").contains(&flag.to_owned()), "{flag}");
        }
        assert!(words("status -o ").contains(&"yaml".to_owned()));
        assert_eq!(asked("status -n "), NextWord::Anything);
        let plugin = Plugin::command();
        let line = CommandLine::read(&plugin, &["-nprod".to_owned(), "status".to_owned(), "-A".to_owned()]);
        assert!(line.value("namespace") == Some("prod") && line.open.is_none());
    }

    #[test]
    fn a_value_is_proposed_after_an_equals_sign_without_its_flag() {
        for line in ["status --output=", "status --output=ya", "status -A -o=ya"] {
            assert!(words(line).contains(&"yaml".to_owned()), "{line}");
        }
        assert_eq!(asked("status --namespace=pr"), NextWord::Anything);
        let plugin = Plugin::command();
        for word in ["--nothing=ya", "--all-namespaces=t", "team/a=b"] {
            let (line, rest) = CommandLine::default().with_flag_of(&plugin, word);
            assert!(line.open.is_none() && rest == word, "{word}");
        }
    }

    #[test]
    fn a_kind_is_proposed_before_a_name_and_names_of_that_kind_after_it() {
        let names = |kinds: &[Kind], before: &str| NextWord::Names { kinds: kinds.to_vec(), before: before.to_owned() };
        for line in ["status ", "status te", "adopt ", "approve -n x ", "reconcile team/a "] {
            assert_eq!(asked(line), NextWord::Kinds, "{line}");
        }
        for line in ["status team/", "status -A team/pl", "suspend team/a team/"] {
            assert_eq!(asked(line), names(&[Kind::Team], "team/"), "{line}");
        }
        assert_eq!(asked("status pingteam "), names(&[Kind::Team], ""));
        assert_eq!(asked("tree "), names(&released().collect::<Vec<_>>(), ""));
        for line in ["adopt team/a ", "status nothing/", "nothing team/"] {
            assert!(!matches!(asked(line), NextWord::Names { .. }), "{line}");
        }
    }
}
