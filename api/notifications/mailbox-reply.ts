const MAILBOX = String.raw`\b(?:users?|mailbox|mail ?drop|inbox|recipients?|addressee|address|accounts?|person)\b`;
const IS_GONE = [
  String.raw`\bunknown\b`,
  String.raw`\bno such\b`,
  String.raw`\bno(?= (?:mailbox|user|recipient|account)\b)`,
  String.raw`\bnot (?:an? )?(?:found|known|listed|local|valid|available|exist|here)\b`,
  String.raw`\b(?:does|do|did)(?: not|n['’]?t) (?:exist|have)\b`,
  String.raw`\bno longer\b`,
  String.raw`\bcan(?:not|['’]t) find\b`,
  String.raw`\bnon-?existent\b`,
  String.raw`\b(?:unavailable|disabled|deactivated|discontinued|inactive|invalid|elsewhere|moved|misspel\w+)\b`,
  String.raw`\bunrout(?:e?able)\b`,
  String.raw`\bname not allowed\b`,
  String.raw`\bsyntax\b`,
].join('|');

/** The mailbox and what is wrong with it, in either order, in one sentence. */
const MAILBOX_IS_GONE = new RegExp(`${MAILBOX}[^.;]{0,40}?(?:${IS_GONE})|(?:${IS_GONE})[^.;]{0,40}?${MAILBOX}`, 'i');

/** Words about the sender, the mail, a limit or a passing state. */
const OTHER_REASONS = new RegExp(
  [
    // Who sends.
    String.raw`\b(?:relay\w*|senders?|from|originator\w*|return.?path|reverse|spf|dkim|dmarc|auth\w*|unauth\w*)\b`,
    String.raw`\b(?:ip|ptr|r?dns|helo|ehlo|client|rcpt ?hosts?|log ?in|credentials?|tls|certificate)\b`,
    String.raw`\byour (?:\w+ )?(?:ip|hosts?|hostname|server|domain|address|network|account|message|e?-?mails?)\b`,
    String.raw`\b(?:servers?|services?|systems?|hosts?|domains?) (?:(?:is|are|was|currently|temporarily) )*(?:un|not )(?:available|known|found)\b`,
    // What rules say.
    String.raw`polic(?:y|ies)|block|(?:black|white|grey|gray|allow|deny|ban).?list|spam|junk|\bdnsbl\b|\brbl\b|reputation`,
    String.raw`\b(?:den(?:y|ied)|banned|administrat\w*|prohibit\w*|forbid\w*|restrict\w*|virus|unsolicited)\b`,
    String.raw`(?<!\bname )\bnot (?:allowed|permitted|accept\w*)\b`,
    // How much, and for how long.
    String.raw`quota|\blimit|\brat(?:e|es|ed|ing)\b|throttl|\btoo (?:many|much)\b|exceed|\bfull\b|temporar|\blater\b|\bagain\b`,
  ].join('|'),
  'i',
);

/**
 * True if a reply without an enhanced status code says that the recipient's mailbox cannot get mail. Servers give the
 * same codes to senders and for policies, so words about these make it false. Addresses are left out, because they may
 * contain any word; only that of the recipient counts as a word for the mailbox.
 */
export function isAboutMailbox(response: string, recipient = ''): boolean {
  const isRecipient = (word: string) => recipient !== '' && word.toLowerCase().includes(recipient.toLowerCase());
  const text = response
    .replace(/^\d{3}[ -]?/gm, '')
    // Word by word: a single pattern that finds addresses would take quadratic time for a long word.
    .replace(/\S+/g, (word) => (!/@|:\/\//.test(word) ? word : isRecipient(word) ? 'recipient' : ' '))
    .replace(/\s+/g, ' ');
  return MAILBOX_IS_GONE.test(text) && !OTHER_REASONS.test(text);
}
