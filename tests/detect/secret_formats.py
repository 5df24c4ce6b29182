# ruff: noqa: E501 - formats stand in one line
"""Secrets made at run time, by what providers publish of their formats, and the texts that carry them.

Written beside the recognizer, not from it: alphabets, lengths and prefixes stand
here on their own. No value stands in the repository: each is put together from
parts and a seed, and none was ever issued by anyone.
"""

import base64
import json
import random
import string
import zlib

LOWER, UPPER, DIGITS = string.ascii_lowercase, string.ascii_uppercase, string.digits
B62 = DIGITS + UPPER + LOWER
B64 = B62 + "+/"
B64URL = B62 + "-_"
HEX = DIGITS + "abcdef"
AZ09 = UPPER + DIGITS
LOW = LOWER + DIGITS
BECH32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"


def run(alphabet, length):
    """Random characters; first and last are letters or digits, as in what people copy."""

    def make(r):
        ends = [c for c in alphabet if c.isalnum()]
        middle = "".join(r.choice(alphabet) for _ in range(length - 2))
        return r.choice(ends) + middle + r.choice(ends)

    return make


def uuid(r):
    return "-".join(run(HEX, n)(r) for n in (8, 4, 4, 4, 12))


def join(*parts):
    """Put together literal text and generators."""
    return lambda r: "".join(part if isinstance(part, str) else part(r) for part in parts)


def crc(prefix):
    """Random base 62, and its CRC-32 in base 62, as GitHub and npm do."""

    def make(r):
        body = run(B62, 30)(r)
        total, check = zlib.crc32(body.encode()), ""
        for _ in range(6):
            total, digit = divmod(total, 62)
            check = B62[digit] + check
        return prefix + body + check

    return make


def encoded(data):
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


def jwt(r):
    claims = {"sub": run(DIGITS, 10)(r), "iat": r.randrange(10**9)}
    return ".".join([encoded({"alg": "HS256", "typ": "JWT"}), encoded(claims), run(B64URL, 43)(r)])


def discord(r):
    user = base64.b64encode(str(r.randrange(10**17, 10**18)).encode()).decode().rstrip("=")
    return f"{user}.{run(B62, 6)(r)}.{run(B62, 38)(r)}"


def pem(kind):
    def make(r):
        lines = "\n".join(run(B64, 64)(r) for _ in range(r.randrange(4, 24)))
        return f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----"

    return make


def pgp(r):
    lines = "\n".join(run(B64, 64)(r) for _ in range(8))
    kind = "PGP PRIVATE KEY BLOCK"
    return f"-----BEGIN {kind}-----\nVersion: GnuPG v2 - test\n\n{lines}\n={run(B62, 4)(r)}\n-----END {kind}-----"


def legacy_pem(r):
    lines = "\n".join(run(B64, 64)(r) for _ in range(8))
    head = f"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,{run(HEX, 32)(r).upper()}"
    return f"-----BEGIN RSA PRIVATE KEY-----\n{head}\n\n{lines}\n-----END RSA PRIVATE KEY-----"


def putty(r):
    lines = "\n".join(run(B64, 64)(r) for _ in range(4))
    return (
        f"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: a-key\nPublic-Lines: 2\n{lines}\n"
        f"Private-Lines: 1\n{run(B64, 48)(r)}\nPrivate-MAC: {run(HEX, 64)(r)}"
    )


# What stands alone in any text.
FORMATS = {
    "AWS access key id": join("AK", "IA", run(UPPER + "234567", 16)),
    "AWS temporary key id": join("AS", "IA", run(UPPER + "234567", 16)),
    "AWS Bedrock": join("AB", "SK", run(B64, 128)),
    "GitHub classic": crc("gh" + "p_"),
    "GitHub OAuth": crc("gh" + "o_"),
    "GitHub user to server": crc("gh" + "u_"),
    "GitHub server to server": crc("gh" + "s_"),
    "GitHub refresh": join("gh", "r_", run(B62, 76)),
    "GitHub fine-grained": join("github", "_pat_", run(B62, 22), "_", run(B62, 59)),
    "GitLab personal": join("gl", "pat-", run(B64URL, 20)),
    "GitLab routable": join("gl", "pat-", run(B64URL, 27), ".01.", run(LOW, 9)),
    "GitLab deploy": join("gl", "dt-", run(B64URL, 20)),
    "GitLab runner": join("gl", "rt-", run(B64URL, 20)),
    "GitLab trigger": join("gl", "ptt-", run(HEX, 40)),
    "GitLab feed": join("gl", "ft-", run(B64URL, 20)),
    "Atlassian": join("AT", "ATT3xFfGF0", run(B64URL, 170), "=", run(AZ09, 8)),
    "Bitbucket app password": join("AT", "BB", run(B62, 32)),
    "npm": crc("np" + "m_"),
    "PyPI": join("py", "pi-AgEIcHlwaS5vcmc", run(B64URL, 140)),
    "RubyGems": join("ruby", "gems_", run(HEX, 48)),
    "NuGet": join("oy", "2", run(LOW, 43)),
    "crates.io": join("ci", "o", run(B62, 32)),
    "Docker Hub": join("dckr", "_pat_", run(B64URL, 27)),
    "Docker organization": join("dckr", "_oat_", run(B64URL, 32)),
    "Artifactory": join("AK", "Cp", run(B62, 69)),
    "CircleCI": join("CC", "IPAT_", run(B62, 22), "_", run(HEX, 40)),
    "Buildkite": join("bk", "ua_", run(LOW, 40)),
    "SonarQube": join("sq", "u_", run(HEX, 40)),
    "Postman": join("PM", "AK-", run(HEX, 24), "-", run(HEX, 34)),
    "Sentry user": join("sntr", "yu_", run(HEX, 64)),
    "Grafana service account": join("gl", "sa_", run(B62, 32), "_", run(HEX, 8)),
    "Grafana cloud": join("gl", "c_", run(B64, 120)),
    "New Relic user": join("NR", "AK-", run(AZ09, 27)),
    "New Relic ingest": join(run(HEX, 36), "NR", "AL"),
    "Dynatrace": join("dt0", "c01.", run(AZ09, 24), ".", run(AZ09, 64)),
    "Google API": join("AI", "za", run(B64URL, 35)),
    "Google OAuth secret": join("GOC", "SPX-", run(B64URL, 28)),
    "Google OAuth token": join("ya", "29.", run(B64URL, 160)),
    "Entra secret": join(run(B62, 3), "8", "Q~", run(B62 + "-_.~", 34)),
    "Azure storage": join(run(B64, 76), "+A", "St", run(B62, 6), "=="),
    "DigitalOcean": join("do", "p_v1_", run(HEX, 64)),
    "Heroku": join("HR", "KU-", uuid),
    "Fly.io": join("fm", "2_", run(B64, 180)),
    "Vercel blob": join("vercel", "_blob_rw_", run(B62, 16), "_", run(B62, 30)),
    "Netlify": join("nf", "p_", run(B62, 36)),
    "Cloudflare origin": join("v1", ".0-", run(HEX, 24), "-", run(HEX, 146)),
    "Tailscale": join("ts", "key-auth-", run(B62, 16), "-", run(B62, 32)),
    "Alibaba": join("LT", "AI", run(B62, 20)),
    "Databricks": join("da", "pi", run(HEX, 32)),
    "PlanetScale": join("ps", "cale_tkn_", run(B64URL, 43)),
    "Supabase": join("sb", "p_", run(HEX, 40)),
    "MongoDB Atlas": join("mdb", "_sa_sk_", run(B64URL, 40)),
    "Vault": join("hv", "s.", run(B64URL, 92)),
    "Vault batch": join("hv", "b.", run(B64URL, 140)),
    "Terraform Cloud": join(run(B62, 14), ".at", "lasv1.", run(B64URL, 67)),
    "Pulumi": join("pu", "l-", run(HEX, 40)),
    "Doppler": join("dp", ".pt.", run(B62, 43)),
    "Doppler service": join("dp", ".st.", "prd_a.", run(B62, 43)),
    "age": join("AGE-SEC", "RET-KEY-1", run(BECH32, 58)),
    "Slack bot": join("xo", "xb-", run(DIGITS, 12), "-", run(DIGITS, 12), "-", run(B62, 24)),
    "Slack app": join("xa", "pp-1-", run(AZ09, 11), "-", run(DIGITS, 13), "-", run(HEX, 64)),
    "Slack webhook": join(
        "https://hooks.sl", "ack.com/services/T", run(AZ09, 10), "/B", run(AZ09, 10), "/", run(B62, 24)
    ),
    "Discord webhook": join("https://discord.com/api", "/webhooks/", run(DIGITS, 19), "/", run(B64URL, 68)),
    "Discord bot": discord,
    "Telegram bot": join(run("123456789", 10), ":A", "A", run(B64URL, 33)),
    "Twilio": join("S", "K", run(HEX, 32)),
    "SendGrid": join("S", "G.", run(B64URL, 22), ".", run(B64URL, 43)),
    "Mailgun": join("ke", "y-", run(HEX, 32)),
    "Mailgun new": join(run(HEX, 32), "-", run(HEX, 8), "-", run(HEX, 8)),
    "Mailchimp": join(run(HEX, 32), "-u", "s21"),
    "Brevo": join("xkey", "sib-", run(HEX, 64), "-", run(B62, 16)),
    "Stripe secret": join("sk", "_live_", run(B62, 24)),
    "Stripe long": join("sk", "_test_", run(B62, 99)),
    "Stripe restricted": join("rk", "_live_", run(B62, 99)),
    "Stripe webhook": join("wh", "sec_", run(B62, 32)),
    "Square": join("sq0", "atp-", run(B64URL, 22)),
    "Square production": join("EA", "AA", run(B64URL, 60)),
    "Braintree": join("access", "_token$production$", run(LOW, 16), "$", run(HEX, 32)),
    "Plaid": join("access-", "sandbox-", uuid),
    "Shopify": join("sh", "pat_", run(HEX, 32)),
    "Linear": join("lin", "_api_", run(B62, 40)),
    "Notion": join("nt", "n_", run(B62, 46)),
    "Airtable": join("pa", "t", run(B62, 14), ".", run(HEX, 64)),
    "Asana": join("1", "/", run("123456789", 16), ":", run(HEX, 32)),
    "Figma": join("fi", "gd_", run(B64URL, 40)),
    "HubSpot": join("pa", "t-na1-", uuid),
    "Dropbox": join("s", "l.", run(B64URL, 140)),
    "Facebook": join("EA", "A", run(B62, 180)),
    "Mapbox": join("s", "k.eyJ1Ijoi", run(B64URL, 70), ".", run(B64URL, 22)),
    "OpenAI": join("s", "k-", run(B62, 20), "T3Bl", "bkFJ", run(B62, 20)),
    "OpenAI project": join("sk", "-proj-", run(B64URL, 74), "T3Bl", "bkFJ", run(B64URL, 74)),
    "OpenAI service account": join("sk", "-svcacct-", run(B64URL, 74), "T3Bl", "bkFJ", run(B64URL, 74)),
    "Anthropic": join("sk", "-ant-api03-", run(B64URL, 93), "AA"),
    "OpenRouter": join("sk", "-or-v1-", run(HEX, 64)),
    "DeepSeek": join("s", "k-", run(HEX, 32)),
    "Hugging Face": join("h", "f_", run(UPPER + LOWER, 34)),
    "Replicate": join("r", "8_", run(B62, 37)),
    "Groq": join("gs", "k_", run(B62, 52)),
    "Perplexity": join("pp", "lx-", run(B62, 48)),
    "xAI": join("xa", "i-", run(B62, 80)),
    "Pinecone": join("pc", "sk_", run(B62, 6), "_", run(B62, 63)),
    "NVIDIA": join("nv", "api-", run(B64URL, 64)),
    "LangSmith": join("lsv2", "_pt_", run(HEX, 32), "_", run(HEX, 10)),
    "Tavily": join("tv", "ly-", run(B62, 32)),
    "JWT": jwt,
}
# Whole blocks: they stand in texts and files, and in JSON with escaped line ends.
BLOCKS = {
    "PKCS8": pem("PRIVATE " + "KEY"),
    "RSA": pem("RSA PRIVATE " + "KEY"),
    "EC": pem("EC PRIVATE " + "KEY"),
    "OpenSSH": pem("OPENSSH PRIVATE " + "KEY"),
    "encrypted": pem("ENCRYPTED PRIVATE " + "KEY"),
    "legacy encrypted": legacy_pem,
    "PGP": pgp,
    "PuTTY": putty,
}
# Values without a form of their own: (what stands before, the value, what stands after).
LABELLED = {
    "AWS secret": ("aws_secret_access_key = ", run(B64, 40), "\n"),
    "AWS secret in JSON": ('{"SecretAccessKey": "', run(B64, 40), '"}'),
    "AWS secret in the environment": ("export AWS_SECRET_ACCESS_KEY=", run(B64, 40), "\n"),
    "Datadog": ("DD_API_KEY=", run(HEX, 32), "\n"),
    "Cohere": ("COHERE_API_KEY=", run(B62, 40), "\n"),
    "Mistral": ("MISTRAL_API_KEY: ", run(B62, 32), "\n"),
    "Twilio token": ("TWILIO_AUTH_TOKEN=", run(HEX, 32), "\n"),
    "client secret": ('client_secret="', run(B64URL, 40), '"\n'),
    "account key": (
        "AccountName=acme;AccountKey=",
        join(run(B64, 86), "=="),
        ";EndpointSuffix=core.windows.net",
    ),
    "shared access key": ("SharedAccessKeyName=Root;SharedAccessKey=", join(run(B64, 43), "="), ""),
    "SAS": (
        "https://acme.blob.core.windows.net/c?sv=2024-01-01&sig=",
        join(run(B62, 43), "%3D"),
        "&se=2030-01-01",
    ),
    "ADO": ("Server=db;Database=shop;User Id=app;Password=", run(B62 + "!#%", 14), ";Encrypt=True"),
    "JDBC": ("jdbc:postgresql://db:5432/shop?user=app&password=", run(B62, 14), "&ssl=true"),
    "postgres": ("postgresql://app:", run(B62 + "!_.", 16), "@db.internal:5432/shop"),
    "mongodb": ("mongodb+srv://root:", run(B62, 16), "@cluster0.example.net/?w=majority"),
    "redis": ("redis://:", run(B62, 16), "@cache:6379/0"),
    "basic": (
        "Authorization: Basic ",
        lambda r: base64.b64encode(f"app:{run(B62, 12)(r)}".encode()).decode(),
        "\n",
    ),
    "bearer": ("curl -H 'Authorization: Bearer ", run(B62, 40), "' https://api.example.com/v1"),
    "netrc": ("machine api.example.com login app password ", run(B62, 14), "\n"),
    "pgpass": ("db.internal:5432:shop:app:", run(B62, 14), "\n"),
    "docker": (
        '{"auths": {"registry.example.com": {"auth": "',
        lambda r: base64.b64encode(f"app:{run(B62, 20)(r)}".encode()).decode(),
        '"}}}',
    ),
    "curl": ("curl -u admin:", run(B62, 12), " https://api.example.com/"),
    "WireGuard": ("[Interface]\nPrivateKey = ", join(run(B64, 43), "="), "\nAddress = 10.0.0.2/32"),
    "Ethereum key": ("private key: 0x", run(HEX, 64), "\n"),
    "YAML": ("db:\n  user: app\n  password: ", run(B62, 12), "\n"),
    "INI": ("[client]\npassword = ", run(B62, 12), "\n"),
    "flag": ("deploy --password=", run(B62, 12), " --force"),
    "flag and space": ("deploy --api-key ", run(HEX, 32), " --force"),
    "query": ("GET /v1?access_token=", run(B62, 32), "&page=2"),
}


def carriers(secret):
    """Yield texts that hold the secret, as people and programs write them."""
    quoted = json.dumps(secret)
    yield "prose", f"Hi, I think I pasted {secret} into the chat, can you revoke it?"
    yield "sentence end", f"The one we use in production is {secret}."
    yield "environment", f"export SERVICE_CREDENTIAL={secret}\nexport DEBUG=1\n"
    yield "JSON", f'{{"name": "prod", "value": {quoted}, "ttl": 60}}'
    yield "YAML", f"service:\n  value: {secret}\n  retries: 3\n"
    yield "code", f"client = Client({quoted}, timeout=30)\n"
    yield "log", f"2024-05-01 12:00:01,123 INFO [main] client: using {secret} for region eu-1"
    yield "URL", f"https://api.example.com/v1/items?auth={secret}&limit=10"
    yield "curl", f"curl -H 'X-Auth: {secret}' https://api.example.com/v1/items"
    yield "Markdown", f"| prod | `{secret}` | rotated monthly |"


def secrets_of(seed):
    """Yield (format, carrier, text, start, end) for every format in every carrier."""
    r = random.Random(seed)
    for name, make in FORMATS.items():
        value = make(r)
        for carrier, text in carriers(value):
            start = text.index(value)
            yield name, carrier, text, start, start + len(value)
    for name, make in BLOCKS.items():
        value = make(r)
        texts = {
            "text": f"my key:\n{value}\nthanks",
            "JSON": json.dumps({"type": "service_account", "private_key": value + "\n", "client_id": "x"}),
        }
        for carrier, text in texts.items():
            stands = value if carrier == "text" else json.dumps(value)[1:-1]
            yield name, carrier, text, text.index(stands), text.index(stands) + len(stands)
    for name, (before, make, after) in LABELLED.items():
        value = make(r)
        yield name, "label", before + value + after, len(before), len(before) + len(value)
