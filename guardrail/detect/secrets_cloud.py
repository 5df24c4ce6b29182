"""Published key formats of clouds, hosts, databases and secret stores.

Each row: provider, literals, shape, check. Sources: the providers' documentation
pages on their credentials, as named.
"""

from __future__ import annotations

from typing import Final

from guardrail.detect.secret_format import A62, B64, HEX, UUID, Row, Url, cased, sparse

__all__ = ["CLOUD"]


def _dense(value: str) -> bool:
    return not sparse(value)


CLOUD: Final[tuple[Row, ...]] = (
    # docs.aws.amazon.com: "IAM identifiers", unique ID prefixes; Bedrock API keys
    ("AWS", "AKIA ASIA AROA AIDA ABIA ACCA", "(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{16}", None),
    ("AWS Bedrock", "ABSK", f"ABSK{B64}{{80,200}}={{0,2}}", cased),
    ("AWS Bedrock", "bedrock-api-key-", f"bedrock-api-key-{B64}{{40,2000}}={{0,2}}", None),
    # cloud.google.com: API keys; developers.google.com: OAuth 2.0 client secrets and tokens
    ("Google", "AIza", f"AIza{Url}{{35}}", None),
    ("Google OAuth", "GOCSPX-", f"GOCSPX-{Url}{{28,40}}", None),
    ("Google OAuth", "ya29.", r"ya29\.[A-Za-z0-9_.-]{20,2048}", None),
    ("Google OAuth", "1//0", f"1//0{Url}{{30,300}}", cased),
    # learn.microsoft.com: storage keys and shared access signatures; identifiable Azure keys; Entra secrets
    ("Azure SAS", "…sig=", r"(?:[?&;]|&amp;|%26)?sig=(?P<v>[A-Za-z0-9%+/_-]{40,120}={0,2})", cased),
    (
        "Azure",
        "…+ASt …ACDb …+AMC …+ABa …+AEh …+ARm …+ACR …AIoT …AzCa …AzSe …AzFu …AZDO …JQQJ",
        (
            f"{B64}{{20,90}}(?:\\+ASt|ACDb|\\+AMC|\\+ABa|\\+AEh|\\+ARm|\\+ACR|AIoT|AzCa|AzSe|AzFu|AZDO|JQQJ)"
            f"{B64}{{4,16}}={{0,2}}"
        ),
        cased,
    ),
    ("Entra ID", "…Q~", r"[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}", None),
    # Hosts: each one's page on API or access tokens
    ("DigitalOcean", "dop_v1_ doo_v1_ dor_v1_", f"do[opr]_v1_{HEX}{{64}}", None),
    ("Heroku", "HRKU-", f"HRKU-(?:{UUID}|{Url}{{50,70}})", None),
    ("Fly.io", "…fm1r_ …fm1a_ …fm2_", "(?:FlyV1 )?fm(?:1[ar]|2)_[A-Za-z0-9+/,_=-]{40,4000}", None),
    ("Fly.io", "fo1_", f"fo1_{Url}{{40,50}}", cased),
    ("Vercel", "vercel_blob_rw_", f"vercel_blob_rw_{A62}{{10,24}}_{A62}{{24,48}}", None),
    ("Vercel", "vcp_ vci_ vca_ vcr_ vck_", f"vc[piark]_{A62}{{24,100}}", cased),
    ("Netlify", "nfp_ nfo_ nfu_ nfc_ nfb_", f"nf[pocub]_{A62}{{36,48}}", None),
    ("Cloudflare", "v1.0-", f"v1\\.0-{HEX}{{24,32}}-{HEX}{{146}}", None),
    ("Cloudflare", "cfut_ cfat_ cfk_", f"cf(?:ut|at|k)_{Url}{{37,64}}", cased),
    ("Cloudflare Turnstile", "0x4AAAA", f"0x4AAAA{Url}{{20,40}}", cased),
    ("Render", "rnd_", f"rnd_{A62}{{24,40}}", cased),
    ("Tailscale", "tskey-", f"tskey-(?:[a-z]{{3,9}}-)?{A62}{{8,24}}(?:-{A62}{{16,48}})?", None),
    ("Alibaba Cloud", "LTAI", f"LTAI{A62}{{12,26}}", cased),
    ("Tencent Cloud", "AKID", f"AKID{A62}{{32}}", cased),
    ("Yandex Cloud", "AQVN", f"AQVN{Url}{{34,40}}", cased),
    ("Yandex", "y0_ y1_ y2_ y3_", f"y[0-3]_{Url}{{50,60}}", cased),
    ("Scaleway", "SCW", "SCW[A-Z0-9]{17}", cased),
    # Databases
    ("Databricks", "dapi", f"dapi{HEX}{{32}}(?:-\\d)?", _dense),
    ("PlanetScale", "pscale_", r"pscale_(?:tkn|oauth|pw)_[A-Za-z0-9_.=-]{32,64}", None),
    ("Supabase", "sbp_", f"sbp_(?:v0_)?{HEX}{{40}}", None),
    ("Supabase", "sb_secret_", f"sb_secret_{Url}{{20,48}}", None),
    ("Neon", "napi_", "napi_[a-z0-9]{48,64}", None),
    ("Neon", "npg_", f"npg_{A62}{{12,32}}", cased),
    ("MongoDB Atlas", "mdb_sa_sk_", f"mdb_sa_sk_{Url}{{40,48}}", None),
    ("Confluent", "cflt", f"cflt{B64}{{56,64}}={{0,2}}", cased),
    # Secret stores and infrastructure as code
    ("HashiCorp Vault", "hvs. hvb. hvr.", rf"hv[sbr]\.{Url}{{20,300}}", None),
    ("HashiCorp Vault", "s.", rf"s\.{A62}{{24}}", cased),
    ("Terraform Cloud", "….atlasv1.", rf"{A62}{{14}}\.atlasv1\.[A-Za-z0-9_=-]{{60,70}}", None),
    ("Pulumi", "pul-", f"pul-{HEX}{{40}}", None),
    (
        "Doppler",
        "dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit. dp.said.",
        rf"dp\.(?:pt|ct|sa|said|scim|audit|st)\.(?:[a-z0-9_-]{{2,35}}\.)?{A62}{{40,44}}",
        None,
    ),
    ("1Password", "ops_eyJ", r"ops_eyJ[A-Za-z0-9_=-]{100,2000}", None),
    ("1Password", "A3-", "A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}", None),
    ("age", "AGE-SECRET-KEY-1", "AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}", None),
    ("Kubernetes bootstrap", "…kubeadm", r"(?<=token )(?P<v>[a-z0-9]{6}\.[a-z0-9]{16})", cased),
)
