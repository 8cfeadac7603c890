//! The real program: init, agents, sites, and what it says when something is wrong.

use crate::folder::{Folder, OWNER, PASSWORD};
use rejoinder_server::directory::{Directory, DirectoryEvent, Rates};
use serde_json::Value;

#[test]
fn init_makes_the_first_owner_and_the_first_site_once() {
    let folder = Folder::empty();
    let begun = folder.init().succeeds().json();
    assert_eq!(begun["owner"]["email"], OWNER);
    assert_eq!(begun["owner"]["role"], "owner");
    assert_eq!(begun["site"]["name"], "Shop");
    assert_eq!(begun["site"]["mode"], "live_chat");

    folder.init().fails(1, "there is a first owner already: add others");
    let sites = folder.run(&["site", "list", "--json"]).succeeds().json();
    assert_eq!(sites, Value::Array(vec![begun["site"].clone()]));
}

#[test]
fn init_without_a_terminal_says_which_flag_is_missing() {
    let folder = Folder::empty();
    folder.run(&["init", "--name=Olga"]).fails(1, "--email is missing");
    folder.run(&["init", "--email", OWNER, "--name=Olga"]).fails(1, "--site is missing");
    assert!(!folder.data().exists(), "nothing was made");
}

#[test]
fn a_site_that_every_page_may_embed_says_what_to_do() {
    let folder = Folder::begun();
    let warns = |command: &[&str]| folder.run(command).succeeds().err.contains("--origin");
    assert!(warns(&["site", "add", "Blog"]));
    assert!(!warns(&["site", "set", "Blog", "--origin=https://blog.example"]));
    assert!(!warns(&["site", "set", "Blog", "--name=News", "--json"]));
    assert!(warns(&["site", "set", "News", "--any-origin", "--json"]));
}

#[test]
fn an_agent_is_added_shown_changed_and_disabled() {
    let folder = Folder::begun();
    let added = folder
        .run_with(
            PASSWORD,
            &[
                "agent",
                "add",
                "--email=Bo@Example.com",
                "--name=Bo",
                "--role=agent",
                "--site=Shop",
                "--password-stdin",
                "--json",
            ],
        )
        .succeeds()
        .json();
    assert_eq!(added["email"], "bo@example.com");
    assert_eq!(added["sites"].as_array().unwrap().len(), 1);
    assert_eq!(added["has_password"], true);

    let list = folder.run(&["agent", "list"]).succeeds().out;
    let titles = list.lines().next().unwrap().split_whitespace().collect::<Vec<_>>();
    assert_eq!(titles, ["EMAIL", "NAME", "ROLE", "STATE", "SITES"]);
    assert!(list.contains("bo@example.com") && list.contains(OWNER), "{list}");

    let set = ["agent", "set", "bo@example.com", "--role=supervisor", "--no-sites", "--json"];
    let changed = folder.run(&set).succeeds().json();
    assert_eq!(
        (&changed["role"], &changed["sites"]),
        (&"supervisor".into(), &Value::Array(vec![]))
    );

    let disabled = folder.run(&["agent", "disable", "BO@example.com", "--json"]).succeeds().json();
    assert_eq!(disabled["disabled"], true);
    folder.run(&["agent", "disable", "bo@example.com"]).succeeds();
    let enabled = folder.run(&["agent", "set", "bo@example.com", "--enable", "--json"]);
    assert_eq!(enabled.succeeds().json()["disabled"], false);
}

#[test]
fn a_token_is_shown_once_and_works() {
    let folder = Folder::begun();
    let robot = ["agent", "add", "--email=robot@example.com", "--name=Robot", "--role=agent"];
    let added = folder.run(&[&robot[..], &["--site=Shop", "--token", "--json"]].concat());
    let token = added.succeeds().json()["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("rja_"), "{token}");
    assert!(!folder.run(&["agent", "list", "--json"]).succeeds().out.contains(&token));

    let directory = Directory::open(&folder.data(), Rates::default()).unwrap();
    let hash = rejoinder_server::directory::TokenHash::of(&token);
    assert!(directory.standing(hash).is_ok());
}

#[test]
fn wrong_arguments_are_usage_errors_that_name_them() {
    let folder = Folder::begun();
    let add = |email: &str, role: &str| {
        folder.run(&["agent", "add", "--email", email, "--name=Bo", "--role", role])
    };
    add("bo", "agent").fails(2, "'bo' is not an e-mail address: expected one such as");
    add("bo@example.com", "boss").fails(2, "[possible values: support_agent, agent,");
    folder.run(&["site", "add", "Blog", "--edit=minutes"]).fails(2, "'minutes' is not a window");
    folder.run(&["site", "add", "Blog", "--origin=blog"]).fails(2, "'blog' is not an origin");
    folder.run(&["site", "set", "Shop"]).fails(2, "required arguments were not provided");
    folder.run(&["agent", "set", OWNER]).fails(2, "required arguments were not provided");
    folder.run(&["dance"]).fails(2, "unrecognized subcommand 'dance'");
    assert!(!folder.run(&["site", "list"]).succeeds().out.contains("Blog"));
}

#[test]
fn a_weak_password_is_refused_with_advice_and_adds_nobody() {
    let folder = Folder::begun();
    let add = |password: &str| {
        folder.run_with(
            password,
            &[
                "agent",
                "add",
                "--email=bo@example.com",
                "--name=Bo",
                "--role=agent",
                "--password-stdin",
            ],
        )
    };
    add("").fails(1, "rejoinder: the password is empty: choose one of at least 10 characters");
    add("\n").fails(1, "the password is empty");
    add("secret\n").fails(1, "the password has 6 characters: choose one of at least 10");
    add("aaaaaaaaaaaa\n").fails(1, "again and again: choose another");
    assert!(!folder.run(&["agent", "list"]).succeeds().out.contains("bo@"));
}

#[test]
fn people_and_sites_that_are_not_there_are_named() {
    let folder = Folder::begun();
    let robot = ["agent", "add", "--email=robot@example.com", "--name=Robot", "--role=agent"];
    folder
        .run(&[&robot[..], &["--token", "--site=Blog"]].concat())
        .fails(1, "rejoinder: there is no site Blog: `rejoinder site list` shows all");
    let nowhere = "0190163d-8694-739b-aea5-966c26f8ad91";
    folder.run(&["site", "set", nowhere, "--name=Blog"]).fails(1, nowhere);
    folder
        .run(&["agent", "disable", "nobody@example.com"])
        .fails(1, "rejoinder: there is no agent nobody@example.com: `rejoinder agent list`");
    folder.run(&["site", "add", "Shop"]).succeeds();
    folder
        .run(&["site", "set", "Shop", "--name=Blog"])
        .fails(1, "several sites are called Shop: name one by its id");
}

#[test]
fn an_address_is_nobody_elses_and_the_last_owner_stays() {
    let folder = Folder::begun();
    folder
        .run(&["agent", "add", "--email=OLGA@example.com", "--name=O", "--role=admin", "--token"])
        .fails(1, "an agent with the e-mail address olga@example.com exists already");
    folder.run(&["agent", "disable", OWNER]).fails(1, "this is the last owner who can log in");
    folder.run(&["agent", "set", OWNER, "--role=agent"]).fails(1, "this is the last owner");
}

#[test]
fn au24_a_site_is_added_set_and_shown() {
    let folder = Folder::begun();
    let added = folder.run(&["site", "add", "Blog", "--mode=assistant_then_human", "--json"]);
    let blog = added.succeeds().json();
    assert_eq!((&blog["mode"], &blog["edit"]), (&"assistant_then_human".into(), &"any".into()));

    let set = folder.run(&[
        "site",
        "set",
        blog["id"].as_str().unwrap(),
        "--recall=minutes(15)",
        "--edit=last",
        "--visitor-recall=on",
        "--keep-former-words=on",
        "--human-support=off",
        "--origin=https://Blog.example/",
        "--origin=http://localhost:8000",
        "--json",
    ]);
    let set = set.succeeds().json();
    assert_eq!((&set["recall"], &set["edit"]), (&"minutes(15)".into(), &"last".into()));
    assert_eq!((&set["visitor_recall"], &set["visitor_edit"]), (&true.into(), &false.into()));
    assert_eq!(set["keep_former_words"], true);
    assert_eq!((&set["human_support"], &set["name"]), (&false.into(), &"Blog".into()));
    let origins: Value = ["https://blog.example", "http://localhost:8000"].as_slice().into();
    assert_eq!(set["allowed_origins"], origins);
    let cleared = folder.run(&["site", "set", "Blog", "--any-origin", "--json"]).succeeds().json();
    assert_eq!(cleared["allowed_origins"], Value::Array(vec![]));

    let off = folder.run(&["site", "set", "Blog", "--keep-former-words=off", "--json"]);
    assert_eq!(off.succeeds().json()["keep_former_words"], false);

    let list = folder.run(&["site", "list"]).succeeds().out;
    assert!(list.contains("Shop") && list.contains("minutes(15)"), "{list}");
}

#[test]
fn commands_work_while_a_server_runs_and_it_hears_of_them() {
    let folder = Folder::begun();
    let server = Directory::open(&folder.data(), Rates::default()).unwrap();
    let mut events = server.events();
    folder.run(&["site", "set", "Shop", "--recall=last"]).succeeds();
    server.poll_events().unwrap();
    let shop = server.sites().unwrap().remove(0).id;
    assert_eq!(events.try_recv(), Ok(DirectoryEvent::SiteChanged(shop)));
}

#[test]
fn a_folder_that_is_not_there_says_what_to_do() {
    let folder = Folder::empty();
    for command in [&["agent", "list"][..], &["site", "list"], &["site", "add", "Blog"]] {
        folder.run(command).fails(1, "run `rejoinder init` first");
    }
    assert!(!folder.data().exists(), "nothing was made");
    std::fs::write(folder.data(), "a file").unwrap();
    folder.init().fails(1, "cannot be opened: check that the folder exists and is writable");
}

#[test]
fn the_data_folder_is_also_taken_from_a_configuration_file() {
    let folder = Folder::begun();
    let file = folder.data().with_extension("toml");
    std::fs::write(&file, format!("data = {:?}\n", folder.data())).unwrap();
    let flag = format!("--config={}", file.display());
    folder.bare(&["site", "list", &flag]).succeeds();
    std::fs::write(&file, "dada = 'x'\n").unwrap();
    folder.bare(&["site", "list", &flag]).fails(1, "line 1: unknown field `dada`");
}

#[test]
fn help_names_every_command() {
    let help = Folder::empty().bare(&["--help"]).succeeds().out;
    for command in ["init", "agent", "site"] {
        assert!(help.contains(&format!("\n  {command}")), "{help}");
    }
}
