//! The two commands: how they start, and when they have ended.

use super::deadlock::Watch;
use super::flow::Flow;
use super::limits::{Limits, Problem};
use super::names;
use super::tree;
use crate::common::error::Error;
use crate::common::stream;
use crate::process::child;
use rustix::event::PollFlags;
use rustix::io::ioctl_fionbio;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};

/// The end of a command, for `poll` to wait for.
#[derive(Debug)]
pub(super) struct End {
    id: Option<Pid>,
    /// Readable when the command has ended. Some systems have no such descriptor.
    pidfd: Option<OwnedFd>,
    pub(super) ended: bool,
}

impl End {
    fn of(child: &Child) -> End {
        End {
            id: Pid::from_raw(child.id() as i32),
            pidfd: tree::pidfd(child),
            ended: false,
        }
    }

    /// The descriptor for `poll`, if the command has not ended.
    pub(super) fn to_come(&self) -> Option<&OwnedFd> {
        self.pidfd.as_ref().filter(|_| !self.ended)
    }

    /// Whether the command has ended just now. It stays a zombie, so that its ID stays its own.
    pub(super) fn has_come(&mut self, ready: PollFlags) -> bool {
        if self.ended {
            return false;
        }
        self.ended = match (&self.pidfd, self.id) {
            (Some(_), _) => !ready.is_empty(),
            (None, Some(id)) => {
                let ended = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
                waitid(WaitId::Pid(id), ended).is_ok_and(|status| status.is_some())
            }
            (None, None) => false,
        };
        self.ended
    }
}

/// Two commands that run, and what flows between them.
pub(super) struct Started {
    pub(super) flows: [Flow; 2],
    pub(super) children: Vec<Child>,
    pub(super) ends: [End; 2],
}

/// Starts both commands. If the second cannot be started, the first is ended.
pub(super) fn start(
    commands: [&[OsString]; 2],
    limits: &Limits,
    watch: &mut Watch,
) -> Result<Started, Error> {
    let pipe = || -> io::Result<(File, File)> {
        let (reader, writer) = io::pipe()?;
        stream::enlarge_pipe(&reader);
        Ok((OwnedFd::from(reader).into(), OwnedFd::from(writer).into()))
    };
    let pipes = || -> io::Result<_> {
        let (inputs, outputs) = ([pipe()?, pipe()?], [pipe()?, pipe()?]);
        for (_, to) in &inputs {
            ioctl_fionbio(to, true)?;
        }
        Ok((inputs, outputs))
    };
    let ([first_input, second_input], [first_output, second_output]) =
        pipes().map_err(|error| Error::Read(error).of("pipe"))?;
    watch.pipes(
        [&first_input.0, &second_input.0],
        [&first_output.0, &second_output.0],
    );
    tree::adopt_orphans();
    let mut children = Vec::new();
    for (which, stdin, stdout) in [
        (0, first_input.0, first_output.1),
        (1, second_input.0, second_output.1),
    ] {
        let [program, arguments @ ..] = commands[which] else {
            return Err(Error::own(Problem::NoCommand));
        };
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(stdin)
            .stdout(stdout)
            .stderr(Stdio::inherit());
        child::as_it_was(&mut command);
        match command.spawn() {
            Ok(child) => children.push(child),
            Err(error) => {
                tree::end(&mut children);
                return Err(Error::Start(error).of(names::shown(which, program)));
            }
        }
    }
    watch.children([children[0].id(), children[1].id()]);
    let ends = [End::of(&children[0]), End::of(&children[1])];
    let flow = |from, to| Flow::new(from, to, limits.max_held);
    let flows = [
        flow(first_output.0, second_input.1),
        flow(second_output.0, first_input.1),
    ];
    Ok(Started {
        flows,
        children,
        ends,
    })
}
