// Pages that run code which the request brings.
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

rule page_evaluates_request {
    // Silent on Eval("Name") of data binding, on eval(request.responseText) and on
    // eval("<%= Request... %>") of client script, which is careless and no shell.
    meta:
        id = "a854773e-62b0-4c07-ad44-31c2cb8aab80"
        title = "Page that evaluates what the request brings"
        description = "eval, Execute or ExecuteGlobal is given a value of the request: China Chopper and its kin in JScript, VBScript and classic ASP."
        why = "The page hands a value of the request to eval or Execute, so whoever asks for it runs code on the server."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003"
    strings:
        $eval = /\beval\b\s{0,8}\([^;<>"'\r\n]{0,240}\brequest\s{0,4}(\[|\(|\.\s{0,4}(Item|Form|QueryString|Params|Cookies|Headers|ServerVariables|BinaryRead)\b)/ ascii wide nocase
        $encoded = /\beval\b\s{0,8}\([^;<>\r\n]{0,120}GetEncoding\s{0,4}\(\s{0,4}("[\w-]{1,16}"|\d{1,6})\s{0,4}\)[^;<>"'\r\n]{0,120}\brequest\b/ ascii wide nocase
        $execute = /\b(execute|executeglobal)\b\s{0,8}\([^;<>\r\n]{0,120}\brequest\s{0,4}(\(|\.\s{0,4}(Item|Form|QueryString|Cookies|ServerVariables)\s{0,4}\()/ ascii wide nocase
        $statement = /\b(eval|execute|executeglobal)\s{1,8}request\s{0,4}(\(\s{0,4}"|\.\s{0,4}(Item|Form|QueryString|Cookies)\s{0,4}\()/ ascii wide nocase
        $session = /\b(execute|executeglobal)\b\s{0,8}\(?\s{0,4}session\s{0,4}\(\s{0,4}"/ ascii wide nocase
        $variable = /[\r\n:)]\s{0,20}(eval|execute|executeglobal)(\s{1,8}|\s{0,8}\(\s{0,4})([a-z]\w{0,30}\s{0,4}\(\s{0,4})?[a-z]\w{0,30}\s{0,4}\)?\s{0,4}\)?\s{0,8}([\r\n:]|%>)/ ascii wide nocase
        $taken = /[\r\n:%]\s{0,20}[a-z]\w{0,30}\s{0,4}=\s{0,4}(request\s{0,4}(\(|\.\s{0,4}(Item|Form|QueryString|Cookies|BinaryRead)\s{0,4}\()|session\s{0,4}\(\s{0,4}")/ ascii wide nocase
        $built = /\bexecute(global)?\b[^\r\n]{0,80}"\s{0,2}=\s{0,2}request\s{0,2}[.(]/ ascii wide nocase
    condition:
        server_page and ($eval or $encoded or $execute or $statement or $session or $built or ($variable and $taken))
}

rule page_evaluates_hidden_text {
    meta:
        id = "52dbe74b-50c5-4de7-bf99-3bc1448433e0"
        title = "Page that evaluates a text which it hides"
        description = "Server code hands a string constant to a function of its own and evaluates what comes back: a shell behind a home-made cipher."
        why = "The page deciphers a text of its own and evaluates it; whoever writes pages for people to read does not do that."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003, T1027"
    strings:
        $hidden = /<%[^%]{0,300}\b(execute|executeglobal|eval)\b\s{0,4}\(?\s{0,4}\w{1,30}\s{0,4}\(\s{0,4}"[^"\r\n]{12}/ ascii wide nocase
        $late = /[^"\r\n]"\s{0,8}[\r\n:]\s{0,8}(execute|executeglobal)\s{0,4}\(?\s{0,4}\w{1,30}\s{0,4}\(\s{0,4}\w{1,30}\s{0,4}\)/ ascii wide nocase
        $end = /[\r\n:]\s{0,20}execute(global)?\s{0,4}\(?\s{0,4}\w{1,30}\s{0,4}\(\s{0,4}"[^"\r\n]{12}/ ascii wide nocase
    condition:
        server_page and any of them
}

rule page_evaluates_jscript {
    meta:
        id = "d2da238e-8a08-42f8-bbae-8a356fa44fe6"
        title = "JScript page that evaluates a text it pieces together"
        description = "A page in JScript.NET calls eval on a variable, and takes text from the request, decodes it or builds it from pieces."
        why = "The page evaluates, as JScript, a text that it takes from the request, decodes or pieces together."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003"
    strings:
        $page = /<%@\s{0,20}page\b[^>]{0,200}language\s{0,8}=\s{0,8}["']?jscript/ ascii wide nocase
        $block = /<script[^>]{0,200}(runat\s{0,4}=\s{0,4}["']?server["']?[^>]{0,100}language\s{0,4}=\s{0,4}["']?jscript|language\s{0,4}=\s{0,4}["']?jscript["']?[^>]{0,100}runat\s{0,4}=\s{0,4}["']?server)/ ascii wide nocase
        $eval = /\beval[\s\/*-]{0,20}\([\s\/*-]{0,20}[a-z_$]/ ascii wide nocase
        $decoded = /\b(FromBase64String|fromCharCode)\b/ ascii wide nocase
        $escapes = /(\\x[4-7][0-9a-f]){3}/ ascii wide nocase
        $pieces = /"[\w\[\](,\\"]{1,3}"[^";\r\n]{0,12}\+[^";\r\n]{0,12}"[\w\[\](,\\"]{1,3}"[^";\r\n]{0,12}\+/ ascii wide nocase
        $named = /\bRequest\s{0,4}(\[|\.\s{0,4}(Item|Form|QueryString|Params|Cookies|Headers)\b)/ ascii wide nocase
    condition:
        server_page and ($page or $block) and $eval and ($decoded or $escapes or $pieces or $named)
}

rule page_transforms_with_script {
    meta:
        id = "cdda8f3d-0177-457d-bb12-3d50f47b511b"
        title = "Page that runs script through a style sheet"
        description = "A page holds a style sheet with a script of its own in it and hands it to the XSLT processor, which runs the script."
        why = "The page holds a style sheet whose script makes objects, starts programs or evaluates text, and has it run."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003, T1220"
    strings:
        $script = /<msxsl:script\b/ ascii wide nocase
        $acts = /\b(ActiveXObject|ProcessStartInfo|Process\.Start|Diagnostics|eval\s{0,4}\(|Assembly\.Load)/ ascii wide nocase
    condition:
        server_page and all of them
}

rule page_in_unreadable_code {
    // Encoders of the nineties did that to sold programs; nothing that is under support does.
    meta:
        id = "2f615c58-618e-4196-829a-02de0e26ffaa"
        title = "Page in a code that hides it"
        description = "The page is written in UTF-7 or with the encoder of Windows Script, so that readers and scanners see no text."
        why = "The page is written in an encoding that hides its text; what it does is not known."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "high"
        stage = "shell_placed"
        outcome = "unknown"
        remedy = "check-web-file"
        technique = "T1505.003, T1027"
    strings:
        $utf7 = /<%@[^>]{0,100}codepage\s{0,4}=\s{0,4}["']?65000\b/ ascii nocase
        $encoded = /<%@[^>]{0,100}language\s{0,4}=\s{0,4}["']?\s?(vbscript|jscript)\.encode\b/ ascii nocase
        $block = /<script[^>]{0,200}language\s{0,4}=\s{0,4}["']?\s?(vbscript|jscript)\.encode\b/ ascii nocase
        $server = /runat\s{0,4}=\s{0,4}["']?server/ ascii nocase
        $mark = "#@~^" ascii
    condition:
        $utf7 or ($encoded and $mark) or ($block and $server and $mark)
}

rule page_evaluates_unsafe {
    meta:
        id = "68f8243a-efee-45d2-a387-f2ca29d2b1a6"
        title = "Page that evaluates JScript with all rights"
        description = "eval with the word unsafe as second argument, whole or in pieces. JScript.NET then runs the text with the rights of the page; ordinary pages never ask for that."
        why = "The page evaluates text as JScript with the unsafe argument, which gives it all rights of the worker process."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003"
    strings:
        $whole = /\beval\s{0,8}\([^;\r\n]{0,400},\s{0,8}["']unsafe["']/ ascii wide nocase
        $eval = /\beval\s{0,8}\(/ ascii wide nocase
        $pieces = /["'](u["']\s{0,4}\+\s{0,4}["']nsafe|un["']\s{0,4}\+\s{0,4}["']safe|uns["']\s{0,4}\+\s{0,4}["']afe|unsa["']\s{0,4}\+\s{0,4}["']fe|unsaf["']\s{0,4}\+\s{0,4}["']e)["']/ ascii wide nocase
        $listed = /["']unsafe["']/ ascii wide nocase
        $jscript = /language\s{0,4}=\s{0,4}["']?jscript/ ascii wide nocase
    condition:
        server_page and ($whole or ($eval and $pieces) or ($jscript and $eval and $listed))
}

rule page_hides_words {
    // Each pattern counts the word in any spelling; more of them than plain ones means escapes.
    meta:
        id = "79f375d5-c584-4bfe-ae30-3e3a45227d21"
        title = "Page that hides words of code in escapes"
        description = "eval, Request, unsafe, Process or Assembly is written with letters as Unicode escapes outside of what a translation needs."
        why = "The page spells words such as eval, Request or Process partly in Unicode escapes, which only hides them from readers and scanners."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003, T1027"
    strings:
        $eval_any = /(e|\\u0065|\\U00000065)(v|\\u0076|\\U00000076)(a|\\u0061|\\U00000061)(l|\\u006c|\\U0000006c)/ ascii
        $eval = "eval" ascii
        $request_any = /(R|\\u0052)(e|\\u0065)(q|\\u0071)(u|\\u0075)(e|\\u0065)(s|\\u0073)(t|\\u0074)/ ascii
        $request = "Request" ascii
        $unsafe_any = /(u|\\u0075)(n|\\u006e)(s|\\u0073)(a|\\u0061)(f|\\u0066)(e|\\u0065)/ ascii
        $unsafe = "unsafe" ascii
        $process_any = /(P|\\u0050)(r|\\u0072)(o|\\u006f)(c|\\u0063)(e|\\u0065)(s|\\u0073)(s|\\u0073)/ ascii
        $process = "Process" ascii
        $assembly_any = /(A|\\u0041)(s|\\u0073)(s|\\u0073)(e|\\u0065)(m|\\u006d)(b|\\u0062)(l|\\u006c)(y|\\u0079)/ ascii
        $assembly = "Assembly" ascii
    condition:
        server_page and (#eval_any > #eval or #request_any > #request or #unsafe_any > #unsafe or #process_any > #process or #assembly_any > #assembly)
}

rule page_loads_assembly_from_request {
    meta:
        id = "89beb68e-e660-49a3-afde-09a7e3cc6388"
        title = "Page that loads a program which the request brings"
        description = "Assembly.Load is given bytes that were decoded or decrypted from the request: Behinder, Godzilla and other loaders in memory."
        why = "The page loads an assembly from bytes that it decodes or decrypts, so that a program can be run without being written to disk."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003, T1620"
    strings:
        $load = /\bAssembly\s{0,4}\.\s{0,4}Load\s{0,4}\(\s{0,8}[^"'\s)]/ ascii wide nocase
        $method = /GetMethod\s{0,4}\(\s{0,4}"Load"/ ascii wide nocase
        $decoded = /\b(FromBase64String|TransformFinalBlock|BinaryRead|GZipStream|DeflateStream)\b/ ascii wide nocase
        $request = /\bRequest\s{0,4}(\.\s{0,4}(QueryString|Form|Item|Params|Headers|Cookies|InputStream|BinaryRead|Files|ServerVariables)\b|\[|\()/ ascii wide nocase
    condition:
        server_page and ($load or $method) and $decoded and $request
}

rule page_compiles_request {
    meta:
        id = "20d8d6c1-cb09-4860-a3f6-44ec0d2f21d8"
        title = "Page that compiles what the request brings"
        description = "A compiler of .NET is called from a page that reads the request: SharPyShell and its kin."
        why = "The page compiles source text at run time and reads the request, so whoever asks for it can bring the program."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003"
    strings:
        $compile = /\b(CompileAssemblyFromSource|CSharpCodeProvider|VBCodeProvider|JScriptCodeProvider|CSharpScript\.EvaluateAsync)\b/ ascii wide
        $request = /\bRequest\s{0,4}(\.\s{0,4}(QueryString|Form|Item|Params|Headers|Cookies|InputStream|BinaryRead|Files|ServerVariables)\b|\[|\()/ ascii wide nocase
        $run = /\b(Invoke|InvokeMember|CreateInstance)\s{0,4}\(/ ascii wide
    condition:
        server_page and $compile and $request and $run
}

rule page_scripts_control {
    meta:
        id = "423ddd89-19cf-4156-8a51-180a01a814c5"
        title = "Page that drives a script engine or shell object"
        description = "Classic ASP or JScript makes a script control, a shell or a stream object and feeds it from the request."
        why = "The page makes an object that runs commands or scripts, and feeds it from the request."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003, T1059.005"
    strings:
        $object = /(CreateObject|ActiveXObject|GetTypeFromProgID)\s{0,4}\(\s{0,4}["'](WScript\.Shell|Shell\.Application|MSScriptControl\.ScriptControl|ScriptControl)/ ascii wide nocase
        $classid = /classid\s{0,4}=\s{0,4}["']?clsid:(72C24DD5-D70A-438B-8A42-98424B88AFB8|13709620-C279-11CE-A49E-444553540000|F935DC22-1CF0-11D0-ADB9-00C04FD58A0B)/ ascii wide nocase
        $run = /\.\s{0,4}(exec|run|shellexecute|addcode|executestatement|eval)\b/ ascii wide nocase
        $request = /\bRequest\s{0,4}(\.\s{0,4}(QueryString|Form|Item|Params|Headers|Cookies|InputStream|BinaryRead|Files|ServerVariables)\b|\[|\()/ ascii wide nocase
    condition:
        server_page and ($object or $classid) and $run and $request
}
