//! Documentation: the text of the comments before an item.

use alloc::string::String;
use alloc::vec::Vec;

use super::lexer::{Token, TokenKind, Tokens};

/// Returns the documentation of the item that begins with the token at `pos`: all comments before
/// it, but those that end the line of another token.
pub(super) fn docs(tokens: &Tokens<'_>, pos: usize) -> Option<String> {
    let mut pieces: Vec<&str> = Vec::new();
    let text = |token: Token| tokens.slice(token.span);
    let is_end = |token: Token| token.kind == TokenKind::Blank && text(token).contains('\n');
    let mut is_own_line = pos == 0 || !tokens.trivia(pos).any(is_end);
    for token in tokens.trivia(pos) {
        let text = tokens.slice(token.span);
        match token.kind {
            TokenKind::Blank => is_own_line |= text.contains('\n'),
            TokenKind::LineComment | TokenKind::BlockComment if is_own_line => {
                let content = match text.strip_prefix("/**") {
                    Some(block) => block.strip_suffix("*/").unwrap_or_default(),
                    None => text.trim_start_matches('/'),
                };
                pieces.push(content.trim_end());
            }
            _ => {}
        }
    }
    if pieces.is_empty() {
        return None;
    }
    let blanks = |piece: &&str| piece.bytes().take_while(u8::is_ascii_whitespace).count();
    let indentation =
        pieces.iter().filter(|piece| !piece.is_empty()).map(blanks).min().unwrap_or(0);
    let mut all = String::new();
    for piece in pieces {
        let is_indented = piece.bytes().take(indentation).all(|byte| byte == b' ');
        let piece = if is_indented { piece.get(indentation..).unwrap_or(piece) } else { piece };
        if piece.is_empty() {
            all.push('\n');
        }
        for line in piece.lines() {
            all.push_str(line);
            all.push('\n');
        }
    }
    all.truncate(all.trim_end_matches('\n').len());
    Some(all)
}
