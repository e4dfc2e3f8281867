# Looks for what web shells hold; the words stand here as patterns.
$words = 'eval\(Request', '"unsafe"', 'runat="server"', 'ProcessStartInfo', 'cmd.exe', 'FromBase64String'
Get-ChildItem C:\inetpub\wwwroot -Recurse -Include *.aspx |
    Where-Object { Select-String -Path $_ -Pattern $words -Quiet } |
    Select-Object FullName, LastWriteTime
