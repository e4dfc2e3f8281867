// Pages that run commands which the request brings.
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

rule page_starts_process_from_request {
    meta:
        id = "91fa290d-047e-4fc8-8d08-0ef24f394040"
        title = "Page that starts a program which the request names"
        description = "A page starts a process with its output redirected, or a command interpreter, and reads the request."
        why = "The page starts a program and takes values from the request, so whoever asks for it runs commands on the server."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003, T1059.003"
    strings:
        $start = /\bProcess\s{0,4}\.\s{0,4}Start\s{0,4}\(/ ascii wide nocase
        $info = /\bProcessStartInfo\b/ ascii wide nocase
        $new = /\bnew\s{1,8}(System\.Diagnostics\.)?Process\s{0,4}\(/ ascii wide nocase
        $shell = /\b(cmd(\.exe)?|powershell(\.exe)?)\b[\s"']/ ascii wide nocase
        $output = /\bRedirectStandard(Output|Input)\b/ ascii wide nocase
        $direct = /\bProcess\s{0,4}\.\s{0,4}Start\s{0,4}\([^;]{0,120}\bRequest\s{0,4}[\.\[\(]/ ascii wide nocase
        $filename = /\.\s{0,4}(FileName|Arguments)\s{0,4}=\s{0,8}[^;\r\n]{0,120}\bRequest\s{0,4}[\.\[\(]/ ascii wide nocase
        $request = /\bRequest\s{0,4}(\.\s{0,4}(QueryString|Form|Item|Params|Headers|Cookies|InputStream|BinaryRead|Files|ServerVariables)\b|\[|\()/ ascii wide nocase
    condition:
        server_page and ($direct or (($info or $new) and $filename) or (($start or $info or $new) and $request and ($shell or $output)))
}

rule page_runs_typed_command {
    meta:
        id = "ec2569d2-30fe-429a-985d-1562b95548bc"
        title = "Page with a form that runs what is typed"
        description = "A page with a text box starts a command interpreter and shows its output."
        why = "The page starts a command interpreter with what is typed into a text box, and shows the output."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003, T1059.003"
    strings:
        $info = /\bProcessStartInfo\b/ ascii wide nocase
        $new = /\bnew\s{1,8}(System\.Diagnostics\.)?Process\s{0,4}\(/ ascii wide nocase
        $shell = /["'\\](cmd|powershell)(\.exe)?\s{0,4}["'<]|["'\s]\/c\s/ ascii wide nocase
        $output = /\bRedirectStandardOutput\b/ ascii wide nocase
        $box = /<asp:TextBox\b|<input\b/ ascii wide nocase
        $text = /\.(Text|Value)\b/ ascii wide nocase
    condition:
        server_page and ($info or $new) and $shell and $output and $box and $text
}

rule page_runs_powershell {
    meta:
        id = "ad04d1bc-cbe3-42de-a139-b0e50fa25ea8"
        title = "Page that runs PowerShell from the request"
        description = "A page hosts PowerShell and gives it a script from the request or a text box."
        why = "The page hosts PowerShell and feeds it from the request, so whoever asks for it runs commands on the server."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003, T1059.001"
    strings:
        $automation = "System.Management.Automation" ascii wide
        $script = /\.\s{0,4}AddScript\s{0,4}\([^;\r\n]{0,120}(\bRequest\s{0,4}[\.\[\(]|\.Text\b)/ ascii wide nocase
        $pipe = /CreatePipeline\s{0,4}\([^;\r\n]{0,120}(\bRequest\s{0,4}[\.\[\(]|\.Text\b)/ ascii wide nocase
    condition:
        server_page and $automation and ($script or $pipe)
}

rule page_tunnels {
    meta:
        id = "131862a4-5a36-476e-a9a9-6fdec25dfa83"
        title = "Page that tunnels connections into the network"
        description = "A page opens sockets, keeps them in the session and moves bytes of the request through them: reGeorg and its kin."
        why = "The page opens a connection to an address of the client choice, keeps it in the session, and passes bytes through it."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003, T1572"
    strings:
        $socket = /\bnew\s{1,8}(System\.Net\.Sockets\.)?(Socket|TcpClient)\s{0,4}\(/ ascii wide
        $kept = /\bSession\s{0,4}(\[|\.\s{0,4}Add\s{0,4}\()/ ascii wide
        $asked = /\bRequest\s{0,4}\.\s{0,4}(Headers|QueryString|InputStream|BinaryRead|Cookies)\b/ ascii wide
        $moves = /\.\s{0,4}(Receive|Send|GetStream|BeginReceive)\s{0,4}\(/ ascii wide
    condition:
        server_page and all of them
}

rule page_lists_security_products {
    meta:
        id = "a137309b-e507-48ff-be94-3c85eb333658"
        title = "Page that looks for security products"
        description = "A page looks for the processes or services of several security products: a scout of the kind of SecChecker."
        why = "The page lists processes or services and compares them with the names of security products."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003, T1518.001"
    strings:
        $list = /\b(GetProcesses|GetProcessesByName|GetServices|ServiceController)\b/ ascii wide nocase
        $p1 = "xagt" ascii wide nocase
        $p2 = "csfalcon" ascii wide nocase
        $p3 = "carbonblack" ascii wide nocase
        $p4 = "cbdefense" ascii wide nocase
        $p5 = "sentinelagent" ascii wide nocase
        $p6 = "msmpeng" ascii wide nocase
        $p7 = "cylance" ascii wide nocase
        $p8 = "RepMgr" ascii wide
    condition:
        server_page and $list and 3 of ($p*)
}

rule page_runs_commands_over_sql {
    meta:
        id = "bb390535-9799-4f6b-895f-9b88b020cd7e"
        title = "Page that runs commands through SQL Server"
        description = "A page connects to SQL Server and calls xp_cmdshell, which runs a command of Windows."
        why = "The page calls xp_cmdshell, by which SQL Server runs commands of Windows."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003, T1505.001"
    strings:
        $cmdshell = "xp_cmdshell" ascii wide nocase
        $client = /\b(SqlCommand|SqlConnection|OleDbConnection|ADODB\.Connection)\b/ ascii wide nocase
    condition:
        server_page and all of them
}

rule page_listens_to_network {
    meta:
        id = "9481c5c4-c606-49c7-bc5d-239f4423c6ba"
        title = "Page that listens to the network"
        description = "A page opens a raw socket that takes every packet: a sniffer."
        why = "The page opens a raw socket and switches it to receive every packet on the network."
        author = "hevesy"
        licence = "Apache-2.0"
        date = "2026-11-25"
        level = "critical"
        stage = "shell_placed"
        outcome = "success"
        remedy = "remove-web-shell"
        technique = "T1505.003, T1040"
    strings:
        $raw = /\bSocketType\s{0,4}\.\s{0,4}Raw\b/ ascii wide nocase
        $all = /\bIOControl\s{0,4}\(/ ascii wide nocase
    condition:
        server_page and all of them
}
