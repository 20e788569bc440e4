/**
 * Secrets that show by their own shape, without a name: private keys in PEM, passwords and keys in URLs, Bearer and
 * Basic credentials, JWTs, tokens of well-known services, Telegram and Discord bot tokens, webhooks.
 *
 * Hashes, order ids, UUIDs and token ids have no shape of their own and stay. Every expression here takes time linear in
 * the text: runs are bounded, or can start at one place only.
 */

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
  'rpc\\.ankr\\.com/(?:[a-z0-9_]{1,30}/){1,2}(?=[0-9a-f]{32})',
  // A user data stream of Binance: whoever has the listen key reads the account.
  '/ws/(?=[A-Za-z0-9]{40})',
  '[?&]streams=(?=[A-Za-z0-9]{60})',
]
const secretPath = new RegExp(`(${pathHeads.join('|')})([^\\s"'\`<>\\\\?#&,;)]+)`, 'gi')

/** Passwords and keys in URLs. */
export function redactUrls(text: string, replacement: string): string {
  let result = text
  if (result.includes('@') && result.includes('://')) {
    result = result
      .replaceAll(userInfo, (_, head: string, user: string) => `${head}${user}:${replacement}@`)
      .replaceAll(userInfoOdd, (_, head: string) => `${head}:${replacement}@`)
      .replaceAll(userAlone, (_, head: string) => `${head}${replacement}@`)
  }
  return result.replaceAll(secretPath, (_, head: string) => head + replacement)
}

// `Basic` only when it decodes to `user:password`; `Bearer authentication` is no token.
const scheme = /\b(bearer|basic)((?:[ \t]|%20|\+){1,4})([A-Za-z0-9._~+/=-]{8,})/gi

/** Bearer and Basic credentials. */
export function redactSchemes(text: string, replacement: string): string {
  return text.replaceAll(scheme, (whole, name: string, space: string, credentials: string) => {
    const secret =
      name.toLowerCase() === 'basic'
        ? Buffer.from(credentials.slice(0, 1024), 'base64').includes(':')
        : /\d|^.{20}/.test(credentials)
    return secret ? name + space + replacement : whole
  })
}

const start = '(?<![\\w-])|(?<=%[0-9A-Fa-f]{2})'
const jwt = new RegExp(`(?:${start})eyJ[\\w-]{8,}\\.[\\w-]{8,}(?:\\.[\\w-]*){0,3}`, 'g')
const issued =
  /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}|xapp-[\w-]{10,}|[sr]k[-_](?:live_|test_|proj-|ant-)?[\w-]{20,}|npm_[A-Za-z0-9]{30,}|glsa_\w{20,}|glc_[\w=+/]{20,})/g
const telegram = /(?<!\d)(\d{6,12}):A[A-Za-z0-9_-]{34}(?![\w-])/g
const discord = /(?<![\w-])[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,40}(?![\w-])/g

/** JWTs and the tokens of well-known services. */
export function redactTokens(text: string, replacement: string): string {
  return text
    .replaceAll(jwt, replacement)
    .replaceAll(issued, replacement)
    .replaceAll(telegram, (_, bot: string) => `${bot}:${replacement}`)
    .replaceAll(discord, replacement)
}

// A name and a secret with nothing but words between them: `Using private key 0x…`.
const spoken =
  /\b(private[ _-]?key|secret(?:[ _-]?key)?|api[ _-]?key|api[ _-]?secret|access[ _-]?token|passphrase|listen[ _-]?key)(["'`]?\s{1,3}(?:is |was |of )?["'`]?)((?:0x)?[\w+/=-]{20,})/gi
const spokenPhrase =
  /\b(mnemonic|(?:seed|recovery|backup) (?:phrase|words))([^a-z]{1,4}(?:is |was )?["'`]?)((?:[a-z]{3,8}[ ,]{1,2}){11,23}[a-z]{3,8})/gi

/** Replaces secrets that follow their name without a separator. `isSecretName` decides about the name. */
export function redactSpoken(
  text: string,
  replacement: string,
  isSecretName: (name: string) => boolean,
): string {
  return text
    .replaceAll(spoken, (whole, name: string, between: string, value: string) =>
      /\d/.test(value) && isSecretName(name) ? name + between + replacement : whole,
    )
    .replaceAll(spokenPhrase, (whole, name: string, between: string) =>
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
