/**
 * Secrets that show by their own shape, without a name: private keys in PEM, passwords and keys in
 * URLs, Bearer and Basic credentials, JWTs, tokens of well-known services, Telegram and Discord bot
 * tokens, webhooks.
 *
 * Hashes, order ids, UUIDs and token ids have no shape of their own and stay. Every expression here
 * takes time linear in the text: runs are bounded, or can start at one place only.
 */

/** A run of characters behind a head that tells what it is. */
interface RunRule {
  readonly head: RegExp
  /** The first character that is no part of the run. */
  readonly end: RegExp
  readonly isSecret: (head: RegExpExecArray, run: string) => boolean
}

// An expression that takes in the run itself would need memory for each character of it, and gives
// up (by throwing) on some millions: the end is sought instead.
function replaceRuns(text: string, { head, end, isSecret }: RunRule, replacement: string): string {
  let result = ''
  let kept = 0
  head.lastIndex = 0
  for (let found = head.exec(text); found; found = head.exec(text)) {
    const from = found.index + found[0].length
    end.lastIndex = from
    const to = end.exec(text)?.index ?? text.length
    if (isSecret(found, text.slice(from, to))) {
      result += text.slice(kept, from) + replacement
      kept = to
    }
    head.lastIndex = Math.max(to, found.index + 1)
  }
  return kept === 0 ? text : result + text.slice(kept)
}

/** Private keys in PEM: the marks stay, a block that was cut is hidden to the end of the text. */
export function redactPem(text: string, replacement: string): string {
  const begin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g
  const end = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g
  let result = ''
  let kept = 0
  for (let found = begin.exec(text); found; found = begin.exec(text)) {
    const from = found.index + found[0].length
    end.lastIndex = from
    const to = end.exec(text)?.index ?? text.length
    result += text.slice(kept, from) + replacement
    kept = to
    begin.lastIndex = to
  }
  return result + text.slice(kept)
}

// A password before the host; a key or hook that is a part of the path.
const userInfo = /(:\/\/)([^\s"'`<>\\/?#@:]{0,256}):([^\s"'`<>\\/?#]{1,256})@/g
const userInfoOdd = /(:\/\/[^\s"'`<>\\/?#@:]{0,256}):(?!\d{1,5}[/?#])([^\s"'`<>\\@]{1,256})@/g
const userAlone = /(:\/\/)([^\s"'`<>\\/?#@:]{16,256})@/g
const pathHeads = [
  'hooks\\.slack\\.com/(?:services|workflows|triggers)/',
  'discord(?:app)?\\.com/api/(?:v\\d{1,2}/)?webhooks/\\d{1,20}/',
  'webhook\\.office\\.com/webhookb2/',
  'open\\.(?:feishu|larksuite)\\.c(?:n|om)/open-apis/bot/v2/hook/',
  '(?:infura\\.io|alchemy\\.com|alchemyapi\\.io|g\\.alchemy\\.com)/(?:ws/)?v\\d/',
  'quiknode\\.pro/',
  'qyapi\\.weixin\\.qq\\.com/cgi-bin/webhook/send\\?key=',
  'sct?(?:api)?\\.ftqq\\.com/',
  'api\\.day\\.app/',
  'rpc\\.ankr\\.com/(?:[a-z0-9_]{1,30}/){1,2}(?=[0-9a-f]{32})',
  // A user data stream of Binance: whoever has the listen key reads the account.
  '/ws/(?=[A-Za-z0-9]{40})',
  '[?&]streams=(?=[A-Za-z0-9]{60})',
]
const secretPath: RunRule = {
  head: new RegExp(`(?:${pathHeads.join('|')})`, 'gi'),
  end: /[\s"'`<>\\?#&,;)]/g,
  isSecret: (_, run) => run !== '',
}

/** Passwords and keys in URLs. */
export function redactUrls(text: string, replacement: string): string {
  let result = text
  if (result.includes('@') && result.includes('://')) {
    result = result
      .replaceAll(userInfo, (_, head: string, user: string) => `${head}${user}:${replacement}@`)
      .replaceAll(userInfoOdd, (_, head: string) => `${head}:${replacement}@`)
      .replaceAll(userAlone, (_, head: string) => `${head}${replacement}@`)
  }
  return replaceRuns(result, secretPath, replacement)
}

// `Basic` only when it decodes to `user:password`; `Bearer authentication` is no token.
const credentials: RunRule = {
  head: /\b(bearer|basic)(?:[ \t]|%20|\+){1,4}(?=[A-Za-z0-9])/gi,
  end: /[^\w.~+/=-]/g,
  isSecret: ([, scheme], run) =>
    scheme?.toLowerCase() === 'basic'
      ? Buffer.from(run.slice(0, 1024), 'base64').includes(':')
      : run.length >= 20 || (run.length >= 8 && /\d/.test(run)),
}

/** Bearer and Basic credentials. */
export function redactSchemes(text: string, replacement: string): string {
  return replaceRuns(text, credentials, replacement)
}

const jwt: RunRule = {
  head: /(?:(?<![\w-])|(?<=%[0-9A-Fa-f]{2}))(?=eyJ)/g,
  end: /[^\w.-]/g,
  isSecret(_, run) {
    const dot = run.indexOf('.')
    return dot >= 11 && /^[\w-]{8}/.test(run.slice(dot + 1, dot + 9))
  },
}
// The last one is no service: the extended private key of a wallet.
const issuers =
  'gh[pousr]_|github_pat_|glpat-|xox[a-z]-|xapp-|[sr]k[-_]|npm_|glsa_|glc_|[txyz]prv(?=[1-9A-Z])'
const issued: RunRule = {
  head: new RegExp(`(?<![A-Za-z0-9])(?=(?:${issuers})\\w)`, 'g'),
  end: /[^\w=+/-]/g,
  isSecret: (_, run) => run.length >= 20 && /\d/.test(run),
}
const telegram = /(?<!\d)(\d{6,12}):A[A-Za-z0-9_-]{34}(?![\w-])/g
const discord = /(?<![\w-])[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,40}(?![\w-])/g

/** JWTs and the tokens of well-known services. */
export function redactTokens(text: string, replacement: string): string {
  return replaceRuns(replaceRuns(text, jwt, replacement), issued, replacement)
    .replaceAll(telegram, (_, bot: string) => `${bot}:${replacement}`)
    .replaceAll(discord, replacement)
}

// A name and a secret with nothing but words between them: `Using private key 0x…`.
const spokenNames =
  '(?:private|secret|api|listen)[ _-]?key|secret|api[ _-]?secret|access[ _-]?token|passphrase'
const spokenHead = new RegExp(
  `\\b(${spokenNames})["'\`]?\\s{1,3}(?:is |was |of )?["'\`]?(?=[\\w+/=-]{20})`,
  'gi',
)
const spokenPhrase =
  /\b(mnemonic|(?:seed|recovery|backup) (?:phrase|words))([^a-z]{1,4}(?:is |was )?["'`]?)((?:[a-z]{3,8}[ ,]{1,2}){11,23}[a-z]{3,8})/gi

/**
 * Replaces secrets that follow their name without a separator. `isSecretName` decides about the
 * name.
 */
export function redactSpoken(
  text: string,
  replacement: string,
  isSecretName: (name: string) => boolean,
): string {
  const spoken: RunRule = {
    head: spokenHead,
    end: /[^\w+/=-]/g,
    isSecret: ([, name = ''], run) => /\d/.test(run) && isSecretName(name),
  }
  return replaceRuns(text, spoken, replacement).replaceAll(
    spokenPhrase,
    (whole, name: string, between: string) =>
      isSecretName(name) ? name + between + replacement : whole,
  )
}

// EVM, the same inside a 32-byte topic of a chain's log, bech32 (Bitcoin, Cosmos), Tron.
const addresses = [
  /(?<![0-9A-Za-z])0x(?:0{24})?[0-9a-fA-F]{40}(?![0-9A-Za-z])/g,
  /(?<![0-9A-Za-z])(?:bc|tb|ltc|cosmos|osmo|inj|dydx|celestia|sei)1[02-9ac-hj-np-z]{38,62}(?![0-9A-Za-z])/g,
  /(?<![0-9A-Za-z])T[1-9A-HJ-NP-Za-km-z]{33}(?![0-9A-Za-z])/g,
]

/** Replaces wallet addresses that show by their shape. */
export function redactAddresses(text: string, replacement: string): string {
  return addresses.reduce((result, pattern) => result.replaceAll(pattern, replacement), text)
}
