//! Where a new password comes from: never from an argument, which other people's programs can read
//! and shells remember.

use std::io;

use rejoinder_server::directory::Password;

use crate::Failure;

/// The first line of standard input.
pub(crate) fn from_stdin() -> Result<Password, Failure> {
    let mut line = String::new();
    io::stdin()
        .read_line(&mut line)
        .map_err(|error| format!("the password on standard input cannot be read: {error}"))?;
    Ok(Password::new(line.trim_end_matches(['\n', '\r']).to_owned())?)
}

/// What the person at the terminal types twice, unseen.
pub(crate) fn from_terminal() -> Result<Password, Failure> {
    let prompt = |text: &str| {
        rpassword::prompt_password(text).map_err(|error| {
            format!("there is no terminal to ask for a password on ({error}): use --password-stdin")
        })
    };
    let password = prompt("Password: ")?;
    if prompt("The same again: ")? != password {
        return Err("the two passwords differ: try again".into());
    }
    Ok(Password::new(password)?)
}
