/**
 * One quick look at a text: which kinds of secrets it could hold. Most texts (a symbol, a status, a
 * hash) can hold none and are done with; the rest is searched only for what can be there.
 */
export interface Glance {
  /** A name with a value: `=`, `:`, `%3A`, `--name value`, `'name', 'value'`. */
  readonly labels: boolean
  /** Words: `Bearer …`, `private key …`. */
  readonly words: boolean
  /** A URL or path. */
  readonly paths: boolean
  /** PEM, JWT, tokens of well-known services, bot tokens. */
  readonly tokens: boolean
}

// Only letters, digits and the dashes of a UUID: a status, a ticker, a hash, most ids.
const telling = /[^0-9A-Za-z-]|[g-zG-Z]-|xox|--|[txyz]prv[1-9A-Z]/
const labels = /[=:：]|%3[AaDd]|--[A-Za-z]|["'`] ?,/
const words = /bearer|basic|key|secret|token|phrase|mnemonic|words/i
const tokens =
  /eyJ|-----BEGIN|gh[pousr]_|github_pat_|glpat-|xox[a-z]-|xapp-|[sr]k[-_]|npm_|glsa_|glc_|[txyz]prv[1-9A-Z]/
const telegram = /\d:A/
const discord = /\.[\w-]{6}\.[\w-]{27}/

// Shorter texts hold no name with a secret, no secret that shows by itself, no bot token.
const labelLengthMin = 5
const shapeLengthMin = 12
const botTokenLengthMin = 42

// Which characters stand in a text, as bits: that alone settles most prices, times, symbols and states, several times
// faster than the expressions.
const letter = 1
const slash = 2
const dash = 4
/** Without one of these, or dashes before a letter, no name has a value. */
const mark = 8
const any = letter | slash | dash | mark
const bitsOfCharacter = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  if (/[A-Za-z]/.test(character)) return letter
  if (character === '/') return slash
  if (character === '-') return dash
  return /[=:%"'`]/.test(character) ? mark : 0
})

/** Do the characters of a short text say that it holds no secret, whatever their order? */
function isHarmless(text: string): boolean {
  let seen = 0
  for (let index = 0; index < text.length; index += 1) {
    seen |= bitsOfCharacter[text.charCodeAt(index)] ?? any
  }
  if ((seen & mark) !== 0 || (seen & (letter | dash)) === (letter | dash)) return false
  return text.length < shapeLengthMin || (seen & (letter | slash)) === 0
}

/** The look at `text`; `undefined` when it can hold no secret. */
export function glance(text: string): Glance | undefined {
  const { length } = text
  if (length < labelLengthMin) return undefined
  if (length < botTokenLengthMin && isHarmless(text)) return undefined
  if (!telling.test(text)) return undefined
  const hasLabels = labels.test(text)
  if (length < shapeLengthMin) {
    return hasLabels ? { labels: true, words: false, paths: false, tokens: false } : undefined
  }
  const hasWords = words.test(text)
  const hasPaths = text.includes('/')
  const hasTokens =
    tokens.test(text) ||
    (length >= botTokenLengthMin && ((hasLabels && telegram.test(text)) || discord.test(text)))
  if (!hasLabels && !hasWords && !hasPaths && !hasTokens) return undefined
  return { labels: hasLabels, words: hasWords, paths: hasPaths, tokens: hasTokens }
}
