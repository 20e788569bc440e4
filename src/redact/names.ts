/**
 * What the name of a field, header, parameter or variable says about its value.
 *
 * | suspicion | names | the value is a secret |
 * |---|---|---|
 * | `plain` | `orderId`, `tokenId`, `signatureType` | never |
 * | `secret` | `apiKey`, `X-MBX-APIKEY`, `password` | always |
 * | `line` | `Authorization`, `Cookie` | always; in text up to the end of the line |
 * | `phrase` | `mnemonic`, `seedPhrase`, `passphrase` | always; in text several words |
 * | `signature` | `signature` | unless it is the id of a Solana transaction |
 * | `token`, `sign`, `key`, `seed`, `pass` | these words alone | when it looks like one, see `values.ts` |
 * | `address` | `wallet`, `funder` | only when addresses are hidden |
 */
export type Suspicion =
  | 'plain'
  | 'secret'
  | 'line'
  | 'phrase'
  | 'signature'
  | 'token'
  | 'sign'
  | 'key'
  | 'seed'
  | 'pass'
  | 'address'

const nameLengthMax = 128

// Words that are enough wherever they stand in a name, alone or as the end of a longer word
// (`binanceapikey`).
const secretWords = endingIn(
  `apikey apikeys apisecret secret secrets secretkey secretkeys password passwords passwd pwd
  privatekey privatekeys privkey listenkey accesskey signingkey encryptionkey accesstoken
  refreshtoken authtoken apitoken bottoken sessiontoken bearertoken idtoken jwt jwts xprv
  credential credentials creds otp totp`,
)
const phraseWords = endingIn('mnemonic mnemonics seedphrase recoveryphrase passphrase passphrases')

// Two words side by side: `api_key`, `Access-Token`, `ok-access-sign`.
const secretPairs = pairsOf(
  `api key|api keys|api sign|private key|private keys|priv key|secret key|secret keys|access key
  access keys|access sign|access token|signing key|encryption key|master key|listen key|hmac key
  ssh key|deploy key|consumer key|license key|refresh token|auth token|api token|bot token
  session token|bearer token|id token|csrf token|xsrf token|oauth token|security token|bapi sign
  partner sign|webhook url|webhook urls|basic auth`,
)
const phrasePairs = pairsOf('seed phrase|recovery phrase|seed words|backup phrase|pass phrase')

// What comes after these tells about the secret and is none: `signatureType`, `passwordLength`,
// `apiKeyPermissions`.
const aboutSuffixes = wordSet(
  `type types kind length len count name names valid validity present set enabled required missing
  expired expires expiry expiration at permission permissions scopes policy version algorithm alg
  method status error errors ms seconds file path mode ttl size bytes age header headers field
  param digits`,
)

const aboutPrefixes = wordSet(
  `has is no needs need requires require use uses with without missing invalid valid num count`,
)

const addressWords = wordSet(
  'address addresses wallet wallets funder payer recipient beneficiary pubkey',
)

// Whose key is a private one, when it looks like one: `signerKey`, but not `cacheKey`.
const keyHolders = wordSet('signer agent wallet account trader owner deployer operator relayer bot')

function wordSet(words: string): ReadonlySet<string> {
  return new Set(words.split(/\s+/))
}

function endingIn(words: string): RegExp {
  return new RegExp(`(?:${words.split(/\s+/).join('|')})$`)
}

function pairsOf(pairs: string): ReadonlySet<string> {
  return new Set(pairs.split(/[|\n]\s*/))
}

// Names in Chinese, the language of many bots' own fields.
const chineseSecret = /密码|密碼|密钥|密鑰|私钥|私鑰|口令|凭证|憑證/
const chinesePhrase = /助记词|助記詞/
const chineseSignature = /签名|簽名/

// FIX: 96 RawData (a logon's signature), 89 Signature, 554 Password, 925 NewPassword, 1402
// EncryptedPassword.
const fixSecretTags = new Set(['89', '96', '554', '925', '1402', '1404'])

/** Whether a FIX tag holds a secret. */
export function isSecretFixTag(tag: string): boolean {
  return fixSecretTags.has(tag)
}

/**
 * Whether a name is written as headers, arguments and variables are, `X-MBX-APIKEY`, `--api-key`,
 * `API_SECRET`, and not as a common word. Only such a name speaks for the item after it in a flat
 * list.
 */
export function isHeaderName(name: string): boolean {
  return /[-_]|^[A-Z0-9]+$|^[Aa]uthorization$|^[Cc]ookie$/.test(name) && !/\s/.test(name)
}

/**
 * The words of a name in lower case: `X-MBX-APIKEY` is x, mbx, apikey; `clobTokenIds` is clob,
 * token, ids.
 */
export function wordsOf(name: string): string[] {
  return name
    .slice(-nameLengthMax)
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9\u0080-\uffff]+/)
    .filter((word) => word !== '')
}

/** What a name says about its value, by the words in it. */
export function suspicionOf(name: string): Suspicion {
  const words = wordsOf(name)
  const last = words.at(-1)
  const first = words[0]
  if (last === undefined || first === undefined) return 'plain'
  if (words.length > 1 && (aboutSuffixes.has(last) || aboutPrefixes.has(first))) return 'plain'
  return ofLongNames(words) ?? ofLastWord(words, last)
}

function ofLongNames(words: readonly string[]): Suspicion | undefined {
  let found: Suspicion | undefined
  for (const [index, word] of words.entries()) {
    if (/^(?:authorization|cookies?)$/.test(word)) return 'line'
    if (phraseWords.test(word) || chinesePhrase.test(word)) {
      return 'phrase'
    }
    const pair = `${word} ${words[index + 1] ?? ''}`
    if (phrasePairs.has(pair)) return 'phrase'
    if (secretPairs.has(pair) || secretWords.test(word) || chineseSecret.test(word)) {
      found = 'secret'
    } else if (/^signatures?$/.test(word) || chineseSignature.test(word)) found ??= 'signature'
  }
  return found
}

function ofLastWord(words: readonly string[], last: string): Suspicion {
  switch (last) {
    case 'token':
    case 'bearer':
      return 'token'
    case 'sign':
    case 'sig':
    case 'hmac':
      return 'sign'
    case 'pass':
      return 'pass'
    case 'seed':
      return 'seed'
    case 'key':
      return words.length === 1 || keyHolders.has(words.at(-2) ?? '') ? 'key' : 'plain'
    case 'pk':
    case 'sk':
      return 'key'
    case 'auth':
      return 'token'
    default:
      return words.some((word) => addressWords.has(word)) ? 'address' : 'plain'
  }
}
