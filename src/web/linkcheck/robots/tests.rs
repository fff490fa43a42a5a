//! The rules of a robots.txt for this robot.

use super::*;

fn parse(text: &str, agent: &str) -> Robots {
    Robots::parse(text.as_bytes(), agent)
}

fn allows(robots: &Robots, path: &str) -> bool {
    robots.allow(&Url::parse("http://a/").unwrap().join(path).unwrap())
}

#[test]
fn what_it_says_to_us() {
    let robots = parse(
        "User-agent: textmill-linkcheck\nDisallow: /private\nCrawl-delay: 2\n\
         User-agent: *\nDisallow: /\nSitemap: http://a/s.xml\n",
        AGENT,
    );
    assert!(allows(&robots, "/x") && !allows(&robots, "/private/x"));
    assert_eq!(robots.delay(), Duration::from_secs(2));
    assert_eq!(robots.sitemaps(), ["http://a/s.xml"]);
    for odd in [
        &b""[..],
        b"\xFF\0\n:::",
        b"Crawl-delay: -1\n",
        b"User-agent: *\nCrawl-delay: 1e30",
        b"User-agent: *\nCrawl-delay: nan",
    ] {
        let robots = Robots::parse(odd, AGENT);
        assert!(allows(&robots, "/") && robots.delay() <= LONGEST);
    }
    assert!(!allows(&Robots::disallow_all(), "/x?y"));
    assert!(allows(&Robots::disallow_all(), "/robots.txt"));
}

#[test]
fn a_delay_has_a_limit() {
    let delay = |text: &str| parse(&format!("User-agent: *\nCrawl-delay: {text}"), AGENT).delay();
    assert_eq!(delay("29.5"), Duration::from_millis(29_500));
    assert_eq!(delay("31"), LONGEST);
    assert_eq!(delay("86400"), LONGEST);
}

#[test]
fn the_longest_rule_counts_and_allow_wins_a_tie() {
    let robots = parse(
        "User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /a/b/c$\n\
         Allow: /folder\nDisallow: /folder\nAllow: /page\nDisallow: /*.htm\nAllow:\nDisallow:",
        AGENT,
    );
    for (path, allowed) in [
        ("/", true),
        ("/a", false),
        ("/a/b", true),
        ("/a/b/c", false),
        ("/a/b/c/d", true),
        ("/folder/x", true),
        ("/page.htm", false),
    ] {
        assert_eq!(allows(&robots, path), allowed, "{path}");
    }
}

/// RFC 9309, 2.2.1.
#[test]
fn groups() {
    let text = "User-agent: ExampleBot\nDisallow: /a\n\n\
        User-agent: other # and\nSitemap: http://a/\nUser-agent: EXAMPLEBOT/2.0\nCrawl-delay: 1\nDisallow: /b\n\
        User-agent: example\nDisallow: /family\n\
        User-agent: silent\n\nUser-agent: Foo-Bar\nAllow: /\nUser-agent: *\nDisallow: /every\n";
    for (agent, path, allowed) in [
        // All groups of the name count, and of several names to one group any.
        ("examplebot", "/a", false),
        ("examplebot", "/b", false),
        ("examplebot", "/every", true),
        ("other", "/a", true),
        ("other", "/b", false),
        // The name that fits best; a part of a word does not count.
        ("example-images", "/family", false),
        ("example-images", "/a", true),
        ("examples", "/family", true),
        ("examples", "/every", false),
        ("foo", "/every", false),
        ("foo-bar", "/every", true),
        ("silent", "/every", true),
        ("", "/every", false),
    ] {
        assert_eq!(allows(&parse(text, agent), path), allowed, "{agent} {path}");
    }
    assert!(
        parse("User-agent: a\nUser-agent: *\nCrawl-delay: 3", "b")
            .delay()
            .as_secs()
            == 3
    );
}

#[test]
fn line_ends_blanks_and_misspellings() {
    for text in [
        "\u{FEFF}User-agent: *\nDisallow: /x",
        "user-agent:*\rdisallow:/x\r",
        "USER-AGENT : *\r\n\r\n  DISALLOW\t: /x # why\r\n",
        "User-agent *\nDisallow /x",
        "useragent: *\nnonsense\nUnknown: y\ndisalow: /x",
        "User-agent: *\nDisallow: x",
        "User-agent: *\nNoindex: /\nDisallow: /x",
        "Disallow: /before-any-group\nUser-agent: *\nDisallow: /x\n",
    ] {
        let robots = parse(text, AGENT);
        assert!(!allows(&robots, "/x") && allows(&robots, "/y"), "{text:?}");
    }
}

// case web-18
#[test]
fn a_rule_that_is_odd_disturbs_no_other() {
    let long = "/*a".repeat(150_000);
    let text = format!("User-agent: *\nDisallow: {long}\nDisallow: /x\nDisallow: /\u{0}[(\\\n");
    assert!(text.len() < 512 << 10);
    assert!(!allows(&parse(&text, AGENT), "/x") && allows(&parse(&text, AGENT), "/y"));
}

// case web-16
#[test]
fn the_name_is_what_is_sent() {
    let name = |user_agent: &str, fields: &[&str]| {
        agent(&fetch::Options {
            user_agent: fetch::user_agent(user_agent).ok(),
            fields: fields.iter().map(|field| field.parse().unwrap()).collect(),
            ..fetch::Options::default()
        })
    };
    for (sent, expected) in [
        ("mybot/1.0", "mybot"),
        ("MyBot", "MyBot"),
        ("mybot (+http://a/) other/2", "mybot"),
        ("Mozilla/5.0 (compatible; mybot/1.0; +http://a/)", "mybot"),
        ("Mozilla/5.0 (X11) Gecko", "Mozilla"),
        ("", AGENT),
    ] {
        assert_eq!(name(sent, &[]), expected, "{sent}");
    }
    assert_eq!(name("a/1", &["User-Agent: b/2", "X: y"]), "b");
    assert_eq!(name("a/1", &["User-Agent:"]), AGENT);
    assert_eq!(agent(&fetch::Options::default()), AGENT);
}

/// The groups for this robot, and their rules, by definition.
mod oracle {
    use super::*;
    use proptest::prelude::*;

    /// Names and rules; those that allow are true.
    type Group<'a> = (Vec<&'a str>, Vec<(bool, &'a str)>);

    proptest! {
        #[test]
        fn as_by_definition(
            lines in prop::collection::vec(prop_oneof![
                prop::sample::select(vec!["a", "a-b", "c", "*"]).prop_map(|name| (0, name.to_string())),
                "/[ab*]{0,3}[$]?".prop_map(|path| (1, path)),
                "/[ab*]{0,3}[$]?".prop_map(|path| (2, path)),
            ], 0..12),
            path in "/[ab]{0,4}",
        ) {
            let keys = ["User-agent", "Allow", "Disallow"];
            let text: String = lines.iter().map(|(key, value)| format!("{}: {value}\n", keys[*key])).collect();
            // Groups: names and rules.
            let mut groups: Vec<Group> = Vec::new();
            for (key, value) in &lines {
                match (key, groups.last_mut()) {
                    (0, Some(group)) if group.1.is_empty() => group.0.push(value),
                    (0, _) => groups.push((vec![value], Vec::new())),
                    (key, Some(group)) => group.1.push((*key == 1, value)),
                    _ => {}
                }
            }
            let name = ["a-b", "a", "*"].into_iter().find(|name| groups.iter().any(|group| group.0.contains(name)));
            let rules = groups.iter().filter(|group| name.is_some_and(|name| group.0.contains(&name)));
            let rules = rules.flat_map(|group| &group.1);
            let (mut best, mut allowed) = (0, true);
            for (allows, rule) in rules {
                let pattern = Pattern::new(rule.as_bytes());
                if pattern.matches(path.as_bytes()) {
                    if rule.len() > best {
                        (best, allowed) = (rule.len(), *allows);
                    } else if rule.len() == best {
                        allowed |= allows;
                    }
                }
            }
            prop_assert_eq!(allows(&parse(&text, "a-b"), &path), allowed);
        }

        #[test]
        fn no_file_is_too_odd(text: Vec<u8>, path in "\\PC{0,20}") {
            let robots = Robots::parse(&text, AGENT);
            let _ = robots.allow(&Url::parse(&format!("http://a/{path}")).unwrap());
        }
    }
}
