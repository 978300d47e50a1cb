//! The table of flags in docs/operating.md, which is what `--help` says.

use clap::{Arg, Command, CommandFactory};

use crate::cli::Cli;

/// The definition of `run`, as `--help` shows it.
fn run() -> Command {
    let mut cli = Cli::command();
    cli.build();
    cli.find_subcommand("run").unwrap().clone()
}

/// The flags of `run`, without `--help`.
fn flags(run: &Command) -> Vec<&Arg> {
    run.get_arguments().filter(|flag| flag.get_id() != "help").collect()
}

/// One row of the table: flag, variable, default, and what `--help` says of it besides.
fn row(flag: &Arg) -> String {
    let (name, variable) = (flag.get_long().unwrap(), flag.get_env().unwrap().to_str().unwrap());
    let help = flag.get_help().unwrap().to_string();
    let (meaning, said) = help.split_once(" Default: ").unwrap_or((&help, "none"));
    let value = flag.get_value_names().filter(|_| flag.get_action().takes_values());
    let value = value.map(|names| format!(" {}", names.join(" "))).unwrap_or_default();
    let default = match flag.get_default_values() {
        _ if value.is_empty() => "off".to_owned(),
        [default] => format!("`{}`", default.to_str().unwrap()),
        _ => said.trim_end_matches('.').to_owned(),
    };
    let words: Vec<_> = flag.get_possible_values().iter().map(|word| format!("`{}`", word.get_name())).collect();
    let words = if words.is_empty() { String::new() } else { format!(". One of {}", words.join(", ")) };
    format!("| `--{name}{value}` | `{variable}` | {default} | {}{words} |", meaning.trim_end_matches('.'))
}

#[test]
fn the_page_for_operators_has_every_flag_as_help_says_it() {
    let run = run();
    let expected: Vec<_> = flags(&run).into_iter().map(row).collect();
    let (_, section) = include_str!("../../../docs/operating.md").split_once("\n## Flags\n").unwrap();
    let rows: Vec<_> = section.lines().take_while(|line| !line.starts_with("## ")).collect();
    let rows: Vec<_> = rows.into_iter().filter(|line| line.starts_with("| `--")).collect();
    assert!(rows == expected, "the table in docs/operating.md must be:\n{}", expected.join("\n"));
}

#[test]
fn every_flag_has_a_variable_of_its_name() {
    for flag in flags(&run()) {
        let name = flag.get_long().unwrap().to_uppercase().replace('-', "_");
        assert_eq!(flag.get_env().unwrap().to_str(), Some(format!("PING_OPERATOR_{name}").as_str()));
    }
}
