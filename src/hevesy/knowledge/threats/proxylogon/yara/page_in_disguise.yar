// Pages whose form shows how they were written: by an exploit, not by a person.
// Meta keys `stage`, `outcome` and `remedy` say what a match means; docs/rules.md tells how to write one.

private rule server_page {
    // Text that IIS would run: a page directive, a server-side script block, or a classic ASP block.
    strings:
        $directive = /<%@\s{0,20}(page|webservice|webhandler|servicehost|control|master|application|import|assembly|language|codepage)\b/ ascii wide nocase
        $block = /<script[^>]{0,200}runat\s{0,4}=\s{0,4}["']?server/ ascii wide nocase
        $asp = /<%[\s=]{0,20}[a-z(@_\\'"\/<+]/ ascii wide nocase
    condition:
        filesize < 4MB and any of them
}

rule virtual_directory_dump_with_script {
    meta:
        id = "eee007d9-7008-45a8-9c0e-4a8701f3174e"
        title = "Settings of a virtual directory with a script in them"
        description = "The file is a list of settings of an Exchange virtual directory, as a reset writes it, and one of its URLs holds a script: the web shell of ProxyLogon."
        why = "The file is a dump of a virtual directory (Name : value lines) whose URL holds a script, which is what CVE-2021-27065 writes."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003, T1190"
    strings:
        $url = /\b(External|Internal)Url\s{1,60}:[^\r\n]{0,400}(<script|<%|%3cscript|runat\s{0,4}=)/ ascii wide nocase
        $dump1 = /\b(ExtendedProtectionTokenChecking|InternalAuthenticationMethods|ExternalAuthenticationMethods|PollInterval|OfflineAddressBooks|MetabasePath|BasicAuthentication|WindowsAuthentication|AdminDisplayVersion)\s{1,60}:/ ascii wide nocase
    condition:
        filesize < 100KB and $url and #dump1 >= 2
}

rule mailbox_file_with_page {
    meta:
        id = "c2f48513-35a7-47df-81db-54e6328bb073"
        title = "Mailbox or certificate file that is a page"
        description = "The file begins as an Outlook data file or as a DER certificate request, and holds a page that IIS would run: an export to a web root."
        why = "The file begins as an Outlook data file or certificate request and holds a server page, which is what an export to a web root gives."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003, T1190"
    strings:
        $page = /<%@\s{0,20}page\b/ ascii wide nocase
        $block = /<script[^>]{0,200}runat\s{0,4}=\s{0,4}["']?server/ ascii wide nocase
    condition:
        (uint32be(0) == 0x2142444e or uint16be(0) == 0x3082) and any of them
}

rule image_or_config_with_shell {
    meta:
        id = "55e30c1a-3f11-4848-8489-5873378f501d"
        title = "Picture, font or configuration that is a page"
        description = "The file begins as a picture, or is a web.config, and holds server code that reads the request and evaluates, runs or writes."
        why = "A picture or configuration file holds server code that reads the request and evaluates, runs or writes."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003, T1036.008"
    strings:
        $config = /<configuration[\s>]/ ascii wide nocase
        $code = /<%[^\r\n]{0,400}\bRequest\s{0,4}[\.\[\(]/ ascii wide nocase
        $acts = /\b(eval|execute|executeglobal|CreateObject|ProcessStartInfo|Process\.Start)\b/ ascii wide nocase
    condition:
        ($config or uint32be(0) == 0x47494638 or uint32be(0) == 0x89504e47 or uint16be(0) == 0xffd8 or uint16be(0) == 0x424d) and $code and $acts
}

rule compiled_page_evaluates_request {
    meta:
        id = "250ac563-346a-4fa8-a296-739906d61d50"
        title = "Compiled page that evaluates what the request brings"
        description = "A library that ASP.NET compiled from a JScript page evaluates text with all rights and reads the request. It stays when the page is deleted, and shows that the page was run."
        why = "The server compiled a page that evaluates what the request brings; it does so when the page is asked for."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_used"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003"
    strings:
        $evaluate = "JScriptEvaluate" ascii wide
        $unsafe = "unsafe" wide
        $request = "get_Request" ascii
    condition:
        uint16be(0) == 0x4d5a and filesize < 2MB and all of them
}
