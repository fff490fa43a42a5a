//! The frontier on small random webs, compared with a definition.

use super::super::anchors::{Anchors, Names};
use super::super::batch::{self, Batch, Kind};
use super::super::cause::Cause;
use super::super::finding::{Finding, Format};
use super::super::scope::Site;
use super::entry::{CHAIN, REDIRECTS};
use super::rules::below;
use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeSet;
use url::Url;

/// The content of a URL of a small web.
#[derive(Debug, Clone)]
enum There {
    /// Links (target, whether they enter, fragment) and anchors.
    Page(Vec<(usize, bool, Option<u8>)>, Vec<u8>),
    Other,
    Moved(usize),
    Broken,
}

fn is_site(n: usize) -> bool {
    n % 4 != 3
}

fn url(n: usize) -> String {
    match is_site(n) {
        true => format!("http://a/{n}"),
        false => format!("http://b/{n}"),
    }
}

fn web() -> impl Strategy<Value = Vec<There>> {
    let link = (
        0..14usize,
        prop::bool::weighted(0.7),
        prop::option::of(0..3u8),
    );
    let there = prop_oneof![
        4 => (vec(link, 0..5), vec(0..3u8, 0..3)).prop_map(|(links, ids)| There::Page(links, ids)),
        1 => Just(There::Other),
        2 => (0..14usize).prop_map(There::Moved),
        1 => Just(There::Broken),
    ];
    vec(there, 14).prop_map(|mut web| {
        for (n, there) in web.iter_mut().enumerate() {
            // Other sites are not read.
            if !is_site(n) && matches!(there, There::Page(..)) {
                *there = There::Other;
            }
        }
        web
    })
}

fn rules(levels: u32) -> Rules {
    Rules {
        levels,
        max_urls: 1000,
        fragments: true,
        redirects: true,
        warnings: false,
        remap: Vec::new(),
        require_https: false,
        fine: None,
    }
}

/// All findings, by definition: levels are raised until nothing changes,
/// then each link is looked at.
fn by_definition(web: &[There], levels: u32) -> (BTreeSet<String>, BTreeSet<usize>) {
    let mut level = vec![0; web.len()];
    level[0] = levels;
    loop {
        let before = level.clone();
        for (n, there) in web.iter().enumerate() {
            match there {
                There::Page(links, _) if level[n] > 1 => {
                    for &(to, enters, _) in links {
                        let there = match enters {
                            true => below(level[n]),
                            false => 1,
                        };
                        level[to] = there.max(level[to]);
                    }
                }
                There::Moved(to) => level[*to] = level[*to].max(level[n]),
                _ => {}
            }
        }
        if level == before {
            break;
        }
    }
    let mut findings = BTreeSet::new();
    for (n, there) in web.iter().enumerate() {
        match there {
            There::Page(links, _) if level[n] > 1 => {
                for &(to, _, fragment) in links {
                    findings.extend(verdict(web, n, to, fragment));
                }
            }
            There::Other if level[n] > 1 && is_site(n) => {
                findings.insert(format!("Not html: {}", url(n)));
            }
            _ => {}
        }
    }
    let met = (0..web.len()).filter(|&n| level[n] > 0).collect();
    (findings, met)
}

fn verdict(web: &[There], source: usize, to: usize, fragment: Option<u8>) -> Vec<String> {
    let (mut at, mut steps) = (to, 0);
    let head = format!("{} -> {}", url(source), url(to));
    while let There::Moved(next) = web[at] {
        (at, steps) = (next, steps + 1);
        if at == to {
            return vec![format!("Broken link {head} (redirect loop)")];
        }
        if steps > REDIRECTS {
            return vec![format!("Broken link {head} (more than 20 redirects)")];
        }
    }
    let mut all = Vec::new();
    if steps > 0 && !matches!(web[at], There::Broken) {
        all.push(format!("Redirected link {head} (301 to {})", url(at)));
    }
    match (&web[at], fragment) {
        (There::Broken, _) => all.push(format!("Broken link {head} (gone)")),
        (There::Page(_, ids), Some(id)) if !ids.contains(&id) => {
            all.push(format!("Broken link {head}#{id} (no #{id} on that page)"));
        }
        _ => {}
    }
    all
}

/// A batch of one link.
fn one(url: &str, fragment: Option<&str>, enters: bool) -> Batch {
    let mut batch = Batch::default();
    let kind = if enters { Kind::Enters } else { Kind::Uses };
    batch.push(batch::Link {
        url,
        fragment,
        kind,
        line: None,
    });
    batch
}

/// The number that a URL of these webs ends with.
fn number(frontier: &Frontier, id: Id) -> usize {
    let (_, number) = frontier.url(id).rsplit_once('/').unwrap();
    number.parse().unwrap()
}

/// Walks over the web, the answers coming in the order that `choices` make,
/// links in batches of one, and some pages' links a second time.
fn walk(web: &[There], levels: u32, choices: &[usize]) -> (Vec<String>, Vec<usize>, Frontier) {
    let names = Names::default();
    let mut frontier = Frontier::new(
        rules(levels),
        Site::new(Default::default(), Default::default()),
        names.clone(),
    );
    frontier.start(&Url::parse(&url(0)).unwrap());
    let (mut open, mut asked, mut findings) = (Vec::new(), Vec::new(), Vec::new());
    let mut choices = choices.iter().cycle();
    loop {
        open.extend(std::iter::from_fn(|| frontier.next()));
        findings.extend(std::iter::from_fn(|| frontier.finding()).map(|f| {
            let line = f.line(Format::Text, &[]);
            line.trim_end().to_string()
        }));
        if open.is_empty() {
            return (findings, asked, frontier);
        }
        let choice = *choices.next().unwrap();
        let id = open.swap_remove(choice % open.len());
        let n = number(&frontier, id);
        asked.push(n);
        let answer = match &web[n] {
            There::Page(links, ids) => {
                for _ in 0..=choice % 2 {
                    for &(to, enters, fragment) in links {
                        let fragment = fragment.map(|id| id.to_string());
                        let link = one(&url(to), fragment.as_deref(), enters);
                        frontier.links(id, link);
                    }
                }
                let ids = ids.iter().map(|id| names.hash(id.to_string().as_bytes()));
                Answer::Page(Anchors::new(ids.collect(), false))
            }
            There::Other => Answer::Other(String::new()),
            There::Moved(to) => Answer::Moved {
                status: 301,
                to: Box::new(Url::parse(&url(*to)).unwrap()),
            },
            There::Broken => Answer::Broken(Cause {
                word: "status",
                text: "gone".to_string(),
                status: None,
            }),
        };
        frontier.answered(id, answer);
    }
}

proptest! {
    /// In any order of answers, the findings are those by definition, each once, and no
    /// URL is requested twice.
    #[test]
    fn findings_do_not_depend_on_the_order_of_answers(
        web in web(),
        levels in prop_oneof![1..5u32, Just(ALL_LEVELS)],
        choices in vec(0..100usize, 1..40),
    ) {
        let mut web = web;
        // A start that is elsewhere would change what the site is.
        if matches!(web[0], There::Moved(_)) {
            web[0] = There::Page((0..14).map(|to| (to, true, None)).collect(), vec![]);
        }
        let (mut findings, mut asked, frontier) = walk(&web, levels, &choices);
        let (expected, met) = by_definition(&web, levels);
        findings.sort();
        prop_assert_eq!(findings, expected.into_iter().collect::<Vec<_>>());
        asked.sort();
        prop_assert_eq!(asked, met.into_iter().collect::<Vec<_>>());
        prop_assert!(frontier.seen.is_empty() && frontier.due.is_empty());
        prop_assert!(frontier.entries.iter().all(|entry| entry.waiting.is_empty()));
    }
}

/// A start may redirect to another host, which is the site then.
#[test]
fn the_site_is_where_the_start_leads_to() {
    let link = |to| (to, true, None);
    let web = [
        There::Moved(3),
        There::Page(vec![], vec![]),
        There::Broken,
        There::Page(vec![link(7), link(2)], vec![]),
        There::Other,
        There::Other,
        There::Other,
        There::Page(vec![link(2)], vec![]),
    ];
    let (findings, asked, _) = walk(&web, ALL_LEVELS, &[0]);
    assert_eq!(asked, [0, 3, 7, 2]);
    let broken = |from| format!("Broken link http://b/{from} -> http://a/2 (gone)");
    assert_eq!(findings, [broken(3), broken(7)]);
}

#[test]
fn a_start_that_cannot_be_read() {
    for (web, cause) in [
        ([There::Broken, There::Other], "gone"),
        ([There::Moved(1), There::Broken], "gone"),
        ([There::Moved(1), There::Moved(0)], "redirect loop"),
    ] {
        let (_, _, frontier) = walk(&web, ALL_LEVELS, &[0]);
        let failed = frontier.failed_starts();
        assert_eq!((&*failed[0].0, &*failed[0].1.text), ("http://a/0", cause));
    }
    let (_, _, frontier) = walk(&[There::Other], ALL_LEVELS, &[0]);
    assert!(frontier.failed_starts().is_empty());
}

#[test]
fn redirects_without_end_come_to_one() {
    let names = Names::default();
    let mut frontier = Frontier::new(
        rules(ALL_LEVELS),
        Site::new(Default::default(), Default::default()),
        names,
    );
    frontier.start(&Url::parse("http://a/0").unwrap());
    let mut n = 0;
    while let Some(id) = frontier.next() {
        n += 1;
        let to = Box::new(Url::parse(&format!("http://a/{n}")).unwrap());
        frontier.answered(id, Answer::Moved { status: 302, to });
    }
    assert_eq!(n, usize::from(CHAIN) + 1);
    assert_eq!(frontier.failed_starts()[0].1.text, "more than 20 redirects");
}

/// A chain that is too long from its beginning may be short enough from its middle.
#[test]
fn a_chain_of_redirects_from_its_middle() {
    let names = Names::default();
    let mut frontier = Frontier::new(
        rules(ALL_LEVELS),
        Site::new(Default::default(), Default::default()),
        names,
    );
    let url = |n: usize| Url::parse(&format!("http://a/{n}")).unwrap();
    frontier.start(&Url::parse("http://a/start").unwrap());
    let start = frontier.next().unwrap();
    let mut findings = Vec::new();
    let link = |frontier: &mut Frontier, to: usize| {
        frontier.links(start, one(url(to).as_str(), None, false));
    };
    link(&mut frontier, 0);
    while let Some(id) = frontier.next() {
        let n = number(&frontier, id);
        let answer = match n {
            25 => Answer::Other(String::new()),
            _ => Answer::Moved {
                status: 302,
                to: Box::new(url(n + 1)),
            },
        };
        frontier.answered(id, answer);
    }
    link(&mut frontier, 10);
    while let Some(finding) = frontier.finding() {
        if matches!(finding, Finding::Broken { .. }) {
            findings.push(finding.line(Format::Text, &[]));
        }
    }
    let broken = "Broken link http://a/start -> http://a/0 (more than 20 redirects)\n";
    assert_eq!(findings, [broken]);
}

#[test]
fn no_more_urls_than_wanted() {
    let names = Names::default();
    let few = Rules {
        max_urls: 2,
        ..rules(ALL_LEVELS)
    };
    let mut frontier = Frontier::new(
        few,
        Site::new(Default::default(), Default::default()),
        names,
    );
    frontier.start(&Url::parse("http://a/0").unwrap());
    let start = frontier.next().unwrap();
    for to in [
        "http://a/1",
        "http://a/2",
        "http://a/1",
        "http://a/3",
        "http://a/3",
    ] {
        frontier.links(start, one(to, None, true));
    }
    assert!(frontier.next().is_some() && frontier.next().is_none());
    assert_eq!((frontier.tally.urls, frontier.tally.left_out), (2, 3));
}
